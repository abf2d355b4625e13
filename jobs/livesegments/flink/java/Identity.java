import java.util.Iterator;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.graph.StreamConfig;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimeServiceManager;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.streaming.runtime.tasks.StreamTask;
import org.apache.flink.types.Row;

/**
 * Finds whom each event belongs to, ahead of the Batcher, as core/identity/identity.py does: each row goes on with what
 * it is (kind), whose (owner) and what was read of it, and before it what the event moves. No row waits here, so that
 * watermarks and barriers need no care; it runs once, whatever the parallelism, so that each user's events stay in their
 * order. IdentityStep decides, on keyed state by shard of the id. Timers only free state.
 */
public class Identity extends AbstractStreamOperator
    implements OneInputStreamOperator, Triggerable, ProcessingTimeService.ProcessingTimeCallback {
  private static final long FUTURE_MS_MAX = 3600000L;
  private static final long TICK_MS = 1000L;

  private final Map options;
  private transient boolean bounded;
  private transient int[] columns;
  private transient int width;
  private transient long untilMs, watermarkMs;
  private transient EventReader reader;
  private transient EventClock clock;
  private transient IdentityState state;
  private transient Visitors visitors;
  private transient IdentityStep step;
  private transient ListState sizes;

  public Identity(Object[] references, StreamTask task, StreamConfig config, Output output, ProcessingTimeService time)
      throws Exception {
    this.options = (Map) references[0];
    this.setup(task, config, output);
    this.setProcessingTimeService(time);
  }

  private long number(String name) { return Long.parseLong((String) options.get(name)); }

  public void setKeyContextElement1(StreamRecord record) {} // the key is set for each id, not for each row

  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    sizes = context.getOperatorStateStore().getListState(new ListStateDescriptor("sizes", StringSerializer.INSTANCE));
  }

  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    visitors.write(); // the keyed state is taken after this
    sizes.clear();
    sizes.add(visitors.keptEvents + " " + visitors.keptBytes);
  }

  public void open() throws Exception {
    super.open();
    bounded = number("bounded") == 1L;
    String[] indexes = ((String) options.get("columns")).split(" ");
    columns = new int[indexes.length];
    for (int i = 0; i < indexes.length; i++) columns[i] = Integer.parseInt(indexes[i]);
    untilMs = number("until_ms");
    reader = new EventReader();
    reader.latestMs = number("latest_ms");
    for (int i = 0; options.containsKey("refused " + i); i++) reader.refuse((String) options.get("refused " + i));
    clock = new EventClock(number("disorder_ms"), number("idle_ms"));
    watermarkMs = EventClock.NONE;
    state = new IdentityState(this, getRuntimeContext().getMapState(
        new MapStateDescriptor("ids", StringSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE)),
        (int) number("shards"));
    KnownUsers known = new KnownUsers(state);
    visitors = new Visitors(state, known, number("within_ms"), number("links_ms"), number("lateness_ms"),
        number("recent_bytes"));
    for (Iterator lines = ((Iterable) sizes.get()).iterator(); lines.hasNext();) {
      String[] parts = ((String) lines.next()).split(" ");
      visitors.keptEvents += Long.parseLong(parts[0]);
      visitors.keptBytes += Long.parseLong(parts[1]);
    }
    InternalTimerService timers = getInternalTimerService("identity", StringSerializer.INSTANCE, this);
    MetricGroup group = getMetricGroup().addGroup("livesegments");
    group.gauge("visitors_kept_events", new Size(visitors, false));
    group.gauge("visitors_kept_bytes", new Size(visitors, true));
    step = new IdentityStep(options, state, known, visitors, bounded ? null : timers);
    step.handovers = group.counter("handovers");
    step.handedOverBytes = group.counter("handed_over_bytes");
    if (!bounded) setTimer();
  }

  private void setTimer() {
    getProcessingTimeService().registerTimer(getProcessingTimeService().getCurrentProcessingTime() + TICK_MS, this);
  }

  /** The Batcher makes the watermarks; the time that frees state here goes by the same rule. */
  public void onProcessingTime(long time) throws Exception {
    long nowMs = clock.tick(System.currentTimeMillis(), TICK_MS);
    if (nowMs > watermarkMs) {
      watermarkMs = nowMs;
      ((InternalTimeServiceManager) getTimeServiceManager().get()).advanceWatermark(new Watermark(nowMs));
    }
    setTimer();
  }

  public void processWatermark(Watermark mark) throws Exception { output.emitWatermark(mark); }

  private Object column(Row row, int index) { return columns[index] < 0 ? null : row.getField(columns[index]); }

  public void processElement(StreamRecord record) throws Exception {
    visitors.trim();
    Row row = (Row) record.getValue();
    width = row.getArity();
    byte[] payload = (byte[]) row.getField(columns[0]);
    if (payload != null && EventReader.isBlank(payload)) return;
    if (payload == null) row.setField(columns[0], payload = new byte[0]);
    java.time.Instant time = (java.time.Instant) column(row, 2);
    long recordMs = time == null ? EventReader.NO_TIME : time.toEpochMilli();
    reader.read(payload, recordMs);
    boolean hasKey = isKeyRight((String) column(row, 1));
    if (hasKey && columns[1] >= 0) row.setField(columns[1], null);
    if (!bounded) observe(row, columns[2] >= 0 ? recordMs : reader.timeMs);
    boolean isFuture = !bounded && reader.timeMs > System.currentTimeMillis() + FUTURE_MS_MAX;
    if (!reader.accepted || !hasKey || isFuture || reader.timeMs > untilMs) {
      emit(row, IdentityStep.EVENT, null);
      return;
    }
    step.take(reader, payload, reader.lacksTime ? recordMs : EventReader.NO_TIME);
    for (int i = 0; i < step.moves.size(); i++) emitMove((IdentityStep.Move) step.moves.get(i));
    emit(row, step.kind, step.owner);
  }

  /** The key may be any id of the event or a refused one; any other is left to the Batcher, which makes it a dead letter. */
  private boolean isKeyRight(String key) {
    return key == null || key.length() == 0 || reader.refuses(key)
        || reader.accepted && (key.equals(reader.userId) || key.equals(reader.anonymousId) || key.equals(reader.previousId));
  }

  private void observe(Row row, long timeMs) {
    String topic = (String) column(row, 3);
    Integer partition = (Integer) column(row, 4);
    clock.observe(topic == null ? "" : topic, partition == null ? -1 : partition.intValue(), timeMs,
        System.currentTimeMillis());
  }

  public void onEventTime(InternalTimer timer) throws Exception {
    state.entered(timer.getKey());
    step.tidy((String) timer.getNamespace(), timer.getTimestamp());
  }

  public void onProcessingTime(InternalTimer timer) {}

  private void emit(Row row, int kind, String user) {
    Row out = new Row(width + 4);
    for (int i = 0; i < width; i++) out.setField(i, row.getField(i));
    int read = (reader.accepted ? EventBatch.ACCEPTED : 0) | (reader.ignored ? EventBatch.IGNORED : 0)
        | (reader.lacksTime ? EventBatch.LACKS_TIME : 0);
    out.setField(width, new Integer(kind | read));
    out.setField(width + 1, user);
    out.setField(width + 2, reader.user);
    out.setField(width + 3, new Long(reader.timeMs));
    output.collect(new StreamRecord(out));
  }

  private void emitMove(IdentityStep.Move move) {
    Row out = new Row(width + 4);
    out.setField(columns[0], move.content);
    out.setField(width, new Integer(move.kind));
    out.setField(width + 1, move.owner);
    output.collect(new StreamRecord(out));
  }

  static class Size implements org.apache.flink.metrics.Gauge {
    private final Visitors visitors;
    private final boolean ofBytes;

    Size(Visitors visitors, boolean ofBytes) {
      this.visitors = visitors;
      this.ofBytes = ofBytes;
    }

    public Object getValue() { return new Long(ofBytes ? visitors.keptBytes : visitors.keptEvents); }
  }
}
