import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.graph.StreamConfig;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.streaming.runtime.tasks.StreamTask;
import org.apache.flink.types.Row;

/**
 * Stands ahead of each subtask of the Segmenter, in the same task, and passes its batches on. From the second input, which
 * every subtask has whole, it takes what was learned: each version goes to the Segmenter once, whatever its shards.
 * The first subtask keeps the newest versions for all. After a restore each subtask has them from the state, and the
 * Segmenter has them ahead of any batch and of any time. Models neither hold event time back nor move it.
 */
public class ModelKeeper extends AbstractStreamOperator implements TwoInputStreamOperator {
  private final Map options;
  private transient ListState state; // (key, record), the oldest of a key first
  private transient Map kept; // by key: its records; past the start, the first subtask's alone
  private transient int keptMax;
  private transient String shard; // one of this subtask's: a frame needs some key
  private transient boolean hasTold;

  public ModelKeeper(Object[] references, StreamTask task, StreamConfig config, Output output,
      ProcessingTimeService time) throws Exception {
    this.options = (Map) references[0];
    this.setup(task, config, output);
    this.setProcessingTimeService(time);
  }

  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    TypeInformation[] fields = new TypeInformation[] {Types.STRING, Types.PRIMITIVE_ARRAY(Types.BYTE)};
    ListStateDescriptor descriptor = new ListStateDescriptor("models", Types.TUPLE(fields));
    state = context.getOperatorStateStore().getUnionListState(descriptor);
    keptMax = Integer.parseInt((String) options.get("kept_max"));
    kept = new LinkedHashMap();
    Iterator all = ((Iterable) state.get()).iterator();
    while (all.hasNext()) {
      Tuple2 each = (Tuple2) all.next();
      keep((String) each.f0, (byte[]) each.f1);
    }
  }

  public void open() throws Exception {
    super.open();
    TaskInfo task = getRuntimeContext().getTaskInfo();
    String[] names = ((String) options.get("shard_names")).split(" ");
    for (int i = 0; i < names.length && shard == null; i++) {
      Row key = new Row(1);
      key.setField(0, names[i]);
      int subtask = KeyGroupRangeAssignment.assignKeyToParallelOperator(
          key, task.getMaxNumberOfParallelSubtasks(), task.getNumberOfParallelSubtasks());
      if (subtask == task.getIndexOfThisSubtask()) shard = names[i];
    }
  }

  public void processElement1(StreamRecord batch) throws Exception {
    tellKept();
    output.collect(batch);
  }

  public void processWatermark1(Watermark mark) throws Exception {
    tellKept();
    output.emitWatermark(mark);
  }

  /** Takes rows of segment_models, as Python wrote them. How good a model is decides nothing, and is passed over. */
  public void processElement2(StreamRecord rows) throws Exception {
    tellKept();
    ByteBuffer in = ByteBuffer.wrap((byte[]) rows.getValue()).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      in.getShort(); // table and kind: the learner writes no others
      byte[] name = new byte[in.getInt()];
      byte[] record = new byte[in.getInt()];
      in.get(name);
      in.get(record);
      String key = new String(name, StandardCharsets.UTF_8);
      if (key.endsWith("/quality")) continue;
      tell(key, record);
      if (isFirst()) keep(key, record);
    }
  }

  public void processWatermark2(Watermark mark) throws Exception {}

  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    state.clear();
    if (!isFirst()) return;
    Iterator keys = kept.entrySet().iterator();
    while (keys.hasNext()) {
      Map.Entry of = (Map.Entry) keys.next();
      Iterator records = ((ArrayDeque) of.getValue()).iterator();
      while (records.hasNext()) state.add(new Tuple2(of.getKey(), records.next()));
    }
  }

  private boolean isFirst() { return getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0; }

  private void keep(String key, byte[] record) {
    ArrayDeque records = (ArrayDeque) kept.get(key);
    if (records == null) kept.put(key, records = new ArrayDeque());
    records.addLast(record);
    if (records.size() > keptMax) records.removeFirst();
  }

  private void tellKept() {
    if (hasTold) return;
    hasTold = true;
    Iterator keys = kept.entrySet().iterator();
    while (keys.hasNext()) {
      Map.Entry of = (Map.Entry) keys.next();
      Iterator records = ((ArrayDeque) of.getValue()).iterator();
      while (records.hasNext()) tell((String) of.getKey(), (byte[]) records.next());
    }
    if (!isFirst()) kept.clear();
  }

  private void tell(String key, byte[] record) {
    Row row = new Row(2);
    row.setField(0, shard);
    row.setField(1, EventBatch.modelFrame(key, record));
    output.collect(new StreamRecord(row));
  }
}
