import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
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
  private transient KeptModels kept; // past the start, the first subtask's alone
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
    kept = new KeptModels(Integer.parseInt((String) options.get("kept_max")));
    List keys = Arrays.asList(((String) options.get("keys")).split(" "));
    Iterator restored = ((Iterable) state.get()).iterator();
    while (restored.hasNext()) {
      Tuple2 version = (Tuple2) restored.next();
      if (keys.contains(version.f0)) kept.keep(version); // others are of models that the definition no longer has
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

  public void processElement2(StreamRecord rows) throws Exception {
    tellKept();
    Iterator versions = KeptModels.read((byte[]) rows.getValue()).iterator();
    while (versions.hasNext()) {
      Tuple2 version = (Tuple2) versions.next();
      tell(version);
      if (isFirst()) kept.keep(version);
    }
  }

  public void processWatermark2(Watermark mark) throws Exception {} // what is learned moves no event time

  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    state.clear();
    if (isFirst()) state.addAll(kept.all());
  }

  private boolean isFirst() { return getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0; }

  private void tellKept() {
    if (hasTold) return;
    hasTold = true;
    Iterator versions = kept.all().iterator();
    while (versions.hasNext()) tell((Tuple2) versions.next());
    if (!isFirst()) kept.clear();
  }

  private void tell(Tuple2 version) {
    Row row = new Row(2);
    row.setField(0, shard);
    row.setField(1, EventBatch.modelFrame((String) version.f0, (byte[]) version.f1));
    output.collect(new StreamRecord(row));
  }
}
