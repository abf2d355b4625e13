import java.util.Iterator;
import java.util.Map;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.metrics.TimerGauge;
import org.apache.flink.runtime.metrics.groups.TaskIOMetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
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
import org.apache.flink.util.OutputTag;

/**
 * Collects events per shard and gives them on as frames: when a batch is full, after a short delay, before every
 * watermark and before every checkpoint barrier, so nothing is held over a checkpoint and no watermark overtakes an
 * event. It makes the watermarks too (live), or sends every shard an end mark (bounded).
 * Where there are models to learn, the events of the sampled users also go, in arrival order, to the side output of the
 * learner; a learning pass goes there only.
 * Behind Identity each row says what it is and whose: what moves goes to its owner's shard as it is.
 */
public class Batcher extends AbstractStreamOperator
    implements OneInputStreamOperator, ProcessingTimeService.ProcessingTimeCallback {
  private static final long WATERMARK_INTERVAL_MS = 200L;
  private static final long TICK_INTERVAL_MS = 1000L;
  private static final int TICKS = 50;
  private static final long MARK_INTERVAL_MS = 1200L;

  private final Map options;
  private transient boolean bounded;
  private transient String[] shardNames;
  private transient int[] columns;
  private transient int bytesMax;
  private transient EventReader reader;
  private transient EventClock clock;
  private transient EventBatch[] batches;
  private transient OutputTag lessonTag;
  private transient Sample sample;
  private transient EventBatch lessons;
  private transient boolean learningPass;
  private transient boolean visitorsLearn;
  private transient ListState kept;
  private transient long greatestMs;
  private transient boolean ended;
  private transient int pending;
  private transient Pace pace;
  private transient long alarmMs;
  private transient TimerGauge softBackPressure;
  private transient TimerGauge hardBackPressure;
  private transient int ticksLeft;
  private transient long nextTickMs;
  private transient boolean first; // of the subtasks: what one is enough for is its work
  private transient long lastMarkMs;

  public Batcher(Object[] references, StreamTask task, StreamConfig config, Output output, ProcessingTimeService time)
      throws Exception {
    this.options = (Map) references[0];
    this.setup(task, config, output);
    this.setProcessingTimeService(time);
  }

  private long number(String name) { return Long.parseLong((String) options.get(name)); }

  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    clock = new EventClock(number("disorder_ms"), number("idle_ms"));
    greatestMs = EventReader.NO_TIME;
    kept = context.getOperatorStateStore().getUnionListState(
        new ListStateDescriptor("clock", StringSerializer.INSTANCE));
    if (!context.isRestored()) return;
    for (Iterator lines = ((Iterable) kept.get()).iterator(); lines.hasNext();) {
      String line = (String) lines.next();
      if (line.startsWith("greatest ")) greatestMs = Math.max(greatestMs, Long.parseLong(line.substring(9)));
      else clock.restore(line);
    }
  }

  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    List lines = clock.snapshot();
    lines.add("greatest " + greatestMs);
    kept.update(lines);
  }

  public void open() throws Exception {
    super.open();
    bounded = number("bounded") == 1L;
    shardNames = ((String) options.get("shard_names")).split(" ");
    String[] indexes = ((String) options.get("columns")).split(" ");
    columns = new int[indexes.length];
    for (int i = 0; i < indexes.length; i++) columns[i] = Integer.parseInt(indexes[i]);
    bytesMax = (int) number("bytes_max");
    pace = new Pace(number("delay_ms"), System.nanoTime());
    reader = new EventReader();
    reader.latestMs = number("latest_ms");
    for (int i = 0; options.containsKey("refused " + i); i++) reader.refuse((String) options.get("refused " + i));
    batches = new EventBatch[shardNames.length];
    boolean hasSources = columns[3] >= 0 || columns[4] >= 0 || columns[5] >= 0;
    for (int i = 0; i < batches.length; i++) batches[i] = new EventBatch((int) number("events_max"), hasSources);
    lessonTag = (OutputTag) options.get("lesson_tag");
    sample = lessonTag == null ? null : new Sample((int) number("learner_per_mille"));
    lessons = new EventBatch((int) number("events_max"), false);
    learningPass = number("learning_pass") == 1L;
    visitorsLearn = number("visitors_learn") == 1L;
    first = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0;
    ticksLeft = !bounded && first ? TICKS : 0;
    alarmMs = Long.MAX_VALUE;
    TaskIOMetricGroup times = getContainingTask().getEnvironment().getMetricGroup().getIOMetricGroup();
    softBackPressure = times.getSoftBackPressuredTimePerSecond();
    hardBackPressure = times.getHardBackPressuredTimePerSecond();
    if (!bounded) setAlarm(WATERMARK_INTERVAL_MS);
  }

  private Object column(Row row, int index) {
    return index >= columns.length || columns[index] < 0 ? null : row.getField(columns[index]);
  }

  public void processElement(StreamRecord record) throws Exception {
    Row row = (Row) record.getValue();
    byte[] payload = (byte[]) row.getField(columns[0]);
    Integer known = (Integer) column(row, 6);
    String owner = (String) column(row, 7);
    int kind = known == null ? 0 : known.intValue() & EventBatch.KINDS;
    if (kind == EventBatch.HANDOVER || kind == EventBatch.ENDING) {
      move(payload, kind, owner);
      return;
    }
    if (payload == null) payload = new byte[0];
    else if (EventReader.isBlank(payload)) return;
    java.time.Instant time = (java.time.Instant) column(row, 2);
    long recordMs = time == null ? EventReader.NO_TIME : time.toEpochMilli();
    if (known == null) reader.read(payload, recordMs);
    else readBefore(row, known.intValue());
    String key = (String) column(row, 1);
    if (key != null && (key.length() == 0 || reader.refuses(key) || reader.accepted && key.equals(reader.user))) key = null;
    String topic = (String) column(row, 3);
    Integer partition = (Integer) column(row, 4);
    Long offset = (Long) column(row, 5);
    topic = topic == null ? "" : topic;
    int partitionNumber = partition == null ? -1 : partition.intValue();
    boolean counts = reader.accepted && !reader.ignored && key == null;
    long clockMs = columns[2] >= 0 ? recordMs : reader.timeMs;
    if (!bounded) clock.observe(topic, partitionNumber, clockMs, System.currentTimeMillis());
    else if (counts && reader.timeMs > greatestMs) greatestMs = reader.timeMs;
    if (!reader.lacksTime) recordMs = EventReader.NO_TIME; // the payload says it
    String user = owner == null ? reader.user : owner;
    boolean teaches = counts && (visitorsLearn || kind != EventBatch.VISITORS_EVENT);
    if (sample != null && teaches && sample.takes(user)) learn(payload, recordMs, owner, 0);
    if (learningPass) return;
    int shard = shardOf(user, payload, key);
    if (owner != null) batches[shard].own(owner, 0);
    batches[shard].add(payload, key, topic, partitionNumber, offset == null ? -1L : offset.longValue(), recordMs);
    added(shard);
  }

  /** Takes what Identity has read of the event. */
  private void readBefore(Row row, int known) {
    reader.accepted = (known & EventBatch.ACCEPTED) != 0;
    reader.ignored = (known & EventBatch.IGNORED) != 0;
    reader.lacksTime = (known & EventBatch.LACKS_TIME) != 0;
    reader.user = (String) column(row, 8);
    reader.timeMs = ((Long) column(row, 9)).longValue();
  }

  /** What a visitor hands over to a user, or the end of a visitor's profile: on its way among the owner's events. */
  private void move(byte[] move, int kind, String owner) {
    boolean teaches = visitorsLearn || kind == EventBatch.HANDOVER;
    if (sample != null && teaches && sample.takes(owner)) learn(move, EventReader.NO_TIME, owner, kind);
    if (learningPass) return;
    int shard = shardOf(owner, move, null);
    batches[shard].own(owner, kind);
    batches[shard].add(move, null, "", -1, -1L, EventReader.NO_TIME);
    added(shard);
  }

  private void added(int shard) {
    pending++;
    if (batches[shard].isFull(bytesMax)) flush(shard);
    else if (pending == 1) setAlarm(pace.delayMs());
  }

  private void learn(byte[] payload, long recordMs, String owner, int kind) {
    if (owner != null) lessons.own(owner, kind);
    lessons.add(payload, null, "", -1, -1L, recordMs);
    pending++;
    if (lessons.isFull(bytesMax)) flushLessons();
    else if (pending == 1) setAlarm(pace.delayMs());
  }

  /** The shard of the user; what has no user goes anywhere, but always to the same place. */
  private int shardOf(String user, byte[] payload, String key) {
    int h = user != null ? user.hashCode() : key != null ? key.hashCode() : java.util.Arrays.hashCode(payload);
    h ^= h >>> 16;
    h *= 0x85ebca6b;
    h ^= h >>> 13;
    h *= 0xc2b2ae35;
    h ^= h >>> 16;
    return (h & 0x7fffffff) % batches.length;
  }

  private void setAlarm(long inMs) {
    long at = getProcessingTimeService().getCurrentProcessingTime() + inMs;
    if (at >= alarmMs) return;
    alarmMs = at;
    getProcessingTimeService().registerTimer(at, this);
  }

  public void onProcessingTime(long time) throws Exception {
    if (time != alarmMs) return;
    alarmMs = Long.MAX_VALUE;
    flushAll();
    if (bounded) return;
    emitWatermark();
    long nowMs = getProcessingTimeService().getCurrentProcessingTime();
    if (ticksLeft > 0) emitTicks(nowMs);
    if (first && nowMs - lastMarkMs >= MARK_INTERVAL_MS) emitMarks(false); // checkpoints come less often, or not at all
    setAlarm(Math.max(WATERMARK_INTERVAL_MS, pace.delayMs())); // each watermark flushes: a job that is behind needs few
  }

  /** An idle subtask shows itself for each watermark only, so that it holds back nobody and yet moves time on. */
  private void emitWatermark() {
    long watermarkMs = clock.tick(System.currentTimeMillis(), Math.max(WATERMARK_INTERVAL_MS, pace.delayMs()));
    if (watermarkMs != EventClock.NONE || !clock.isIdle()) output.emitWatermarkStatus(WatermarkStatus.ACTIVE);
    if (watermarkMs != EventClock.NONE) output.emitWatermark(new Watermark(watermarkMs));
    if (clock.isIdle()) output.emitWatermarkStatus(WatermarkStatus.IDLE);
  }

  private void emitTicks(long nowMs) {
    if (nowMs < nextTickMs) return;
    nextTickMs = nowMs + TICK_INTERVAL_MS;
    ticksLeft--;
    for (int shard = 0; shard < batches.length; shard++) emit(shard, EventBatch.tickFrame(ticksLeft));
  }

  /** Watermarks from above are not ours; the last one says that the input is at its end. */
  public void processWatermark(Watermark mark) throws Exception {
    if (mark.getTimestamp() == Long.MAX_VALUE) ended = true;
  }

  public void processWatermarkStatus(WatermarkStatus status) throws Exception {}

  /** The marks are what each shard gets last ahead of the barrier; store.py says why that must be so. */
  private void emitMarks(boolean beforeBarrier) {
    if (learningPass) return;
    lastMarkMs = getProcessingTimeService().getCurrentProcessingTime();
    byte[] frame = EventBatch.markFrame(beforeBarrier);
    for (int shard = 0; shard < batches.length; shard++) emit(shard, frame);
  }

  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    flushAll();
    emitMarks(true);
  }

  public void finish() throws Exception {
    flushAll();
    if (!bounded) emitMarks(true);
    else if (ended) emitEndMarks();
    super.finish();
  }

  private void emitEndMarks() {
    int batcher = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
    int batchers = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
    byte[] frame = EventBatch.endFrame(batcher, batchers, greatestMs);
    if (sample != null) emitLessons(frame);
    if (!learningPass) for (int shard = 0; shard < batches.length; shard++) emit(shard, frame);
    output.emitWatermark(new Watermark(Long.MAX_VALUE));
  }

  /** All begin anew, so while the job is held back they are to be full in turn: else none is for long, then all are. */
  private void flushAll() {
    for (int shard = 0; shard < batches.length; shard++) if (batches[shard].count() > 0) flush(shard);
    if (lessons.count() > 0) flushLessons();
    pace.flushed(System.nanoTime(), heldMs());
    if (pace.isSlow()) for (int i = 0; i < batches.length; i++) batches[i].fillOnly(i + 1, batches.length);
  }

  private void flush(int shard) {
    pending -= batches[shard].count();
    emit(shard, batches[shard].takeFrame());
  }

  private void flushLessons() {
    pending -= lessons.count();
    emitLessons(lessons.takeFrame());
  }

  private void emit(int shard, byte[] frame) {
    output.collect(new StreamRecord(Row.of(new Object[] {shardNames[shard], frame})));
  }

  private void emitLessons(byte[] frame) {
    output.collect(lessonTag, new StreamRecord(Row.of(new Object[] {"learner", frame})));
  }

  /** How long the task was held back since it runs: Flink does so between two records too, which only its clocks know. */
  private long heldMs() { return softBackPressure.getAccumulatedCount() + hardBackPressure.getAccumulatedCount(); }
}
