import java.util.Map;
import org.apache.flink.streaming.api.graph.StreamConfig;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.streaming.runtime.tasks.StreamTask;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.types.Row;

/**
 * Gives each frame of model rows to every shard, as a frame of the kind MODELS; frames.py reads it.
 * It passes no time on and is idle for ever: models neither hold event time back nor move it.
 */
public class ModelSender extends AbstractStreamOperator
    implements OneInputStreamOperator, ProcessingTimeService.ProcessingTimeCallback {
  private final Map options;
  private transient String[] shardNames;

  public ModelSender(Object[] references, StreamTask task, StreamConfig config, Output output,
      ProcessingTimeService time) throws Exception {
    this.options = (Map) references[0];
    this.setup(task, config, output);
    this.setProcessingTimeService(time);
  }

  public void open() throws Exception {
    super.open();
    shardNames = ((String) options.get("shard_names")).split(" ");
    ProcessingTimeService time = getProcessingTimeService();
    time.registerTimer(time.getCurrentProcessingTime(), this); // once the task runs
  }

  public void onProcessingTime(long time) { output.emitWatermarkStatus(WatermarkStatus.IDLE); }

  public void processElement(StreamRecord record) throws Exception {
    byte[] frame = EventBatch.modelsFrame((byte[]) record.getValue());
    for (int shard = 0; shard < shardNames.length; shard++) {
      Row row = new Row(2);
      row.setField(0, shardNames[shard]);
      row.setField(1, frame);
      output.collect(new StreamRecord(row));
    }
  }

  public void processWatermark(Watermark mark) throws Exception {}

  public void processWatermarkStatus(WatermarkStatus status) throws Exception {}
}
