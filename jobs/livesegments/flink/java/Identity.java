import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.metrics.Counter;
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
 * order. Keyed state is by shard of the id. Timers only free state.
 */
public class Identity extends AbstractStreamOperator
    implements OneInputStreamOperator, Triggerable, ProcessingTimeService.ProcessingTimeCallback {
  private static final int EVENT = 0;
  private static final long FUTURE_MS_MAX = 3600000L;
  private static final long TICK_MS = 1000L;
  private static final long HOUR_MS = 3600000L;

  private final Map options;
  private transient boolean bounded;
  private transient int[] columns;
  private transient int shards, width, messageIds, events;
  private transient long untilMs, linksMs, latenessMs, watermarkMs;
  private transient EventReader reader;
  private transient EventClock clock;
  private transient IdentityState state;
  private transient KnownUsers known;
  private transient Visitors visitors;
  private transient InternalTimerService timers;
  private transient ListState sizes;
  private transient MessageDigest digest;
  private transient Counter handovers, handedOverBytes;

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
    shards = (int) number("shards");
    messageIds = (int) number("message_ids");
    events = (int) number("events");
    untilMs = number("until_ms");
    linksMs = number("links_ms");
    latenessMs = number("lateness_ms");
    reader = new EventReader();
    reader.latestMs = number("latest_ms");
    for (int i = 0; options.containsKey("refused " + i); i++) reader.refuse((String) options.get("refused " + i));
    clock = new EventClock(number("disorder_ms"), number("idle_ms"));
    watermarkMs = EventClock.NONE;
    state = new IdentityState(this, getRuntimeContext().getMapState(
        new MapStateDescriptor("ids", StringSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE)), shards);
    known = new KnownUsers(state);
    visitors = new Visitors(state, known, number("within_ms"), linksMs, latenessMs);
    for (Iterator lines = ((Iterable) sizes.get()).iterator(); lines.hasNext();) {
      String[] parts = ((String) lines.next()).split(" ");
      visitors.keptEvents += Long.parseLong(parts[0]);
      visitors.keptBytes += Long.parseLong(parts[1]);
    }
    timers = getInternalTimerService("identity", StringSerializer.INSTANCE, this);
    digest = MessageDigest.getInstance("SHA-256");
    MetricGroup group = getMetricGroup().addGroup("livesegments");
    group.gauge("visitors_kept_events", new Size(visitors, false));
    group.gauge("visitors_kept_bytes", new Size(visitors, true));
    handovers = group.counter("handovers");
    handedOverBytes = group.counter("handed_over_bytes");
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
      emit(row, EVENT, null);
      return;
    }
    resolve(row, payload, reader.lacksTime ? recordMs : EventReader.NO_TIME);
  }

  /** The key may be any id of the event; one that is none is left to the Batcher, which makes it a dead letter. */
  private boolean isKeyRight(String key) {
    return key == null || key.length() == 0
        || reader.accepted && (key.equals(reader.userId) || key.equals(reader.anonymousId) || key.equals(reader.previousId));
  }

  private void observe(Row row, long timeMs) {
    String topic = (String) column(row, 3);
    Integer partition = (Integer) column(row, 4);
    clock.observe(topic == null ? "" : topic, partition == null ? -1 : partition.intValue(), timeMs,
        System.currentTimeMillis());
  }

  private void resolve(Row row, byte[] payload, long recordMs) throws Exception {
    String user = reader.userId;
    String id = reader.anonymousId;
    if (reader.type.equals("alias")) {
      if (reader.previousId != null) id = reader.previousId;
    } else if (user == null) {
      ofAnonymous(row, id, payload, recordMs);
      return;
    }
    if (user != null) know(user, reader.timeMs);
    if (user != null && id != null && !id.equals(user)) link(id, user, reader.timeMs);
    emit(row, EVENT, null);
    if (reader.type.equals("erase")) forget(user, reader.timeMs);
  }

  private void ofAnonymous(Row row, String id, byte[] payload, long recordMs) throws Exception {
    long timeMs = reader.timeMs;
    Visitor visitor = visitors.get(id, timeMs);
    visitor.known = visitor.known && known.has(id, timeMs);
    if (reader.type.equals("erase")) {
      eraseVisitor(id, visitor, messageKey(payload));
    } else if (visitor.user != null) {
      visitor.usedMs = Math.max(visitor.usedMs, timeMs);
      put(id, visitor);
      emit(row, EVENT, visitor.user);
      return;
    } else if (visitor.known) {
      emit(row, EVENT, null);
      return;
    } else {
      Visitor.Kept one = visitor.keep(timeMs, messageKey(payload), latenessMs, messageIds, events);
      if (one != null) visitors.keep(one, payload, recordMs);
      if (visitor.dropped != null) visitors.drop(id, visitor.dropped);
    }
    put(id, visitor);
    emit(row, EventBatch.VISITORS_EVENT, null);
  }

  private void eraseVisitor(String id, Visitor visitor, long messageKey) throws Exception {
    long timeMs = reader.timeMs;
    if (!visitor.erase(timeMs, messageKey, latenessMs, messageIds)) return;
    visitors.dropAll(id, visitor);
    if (visitor.known) eraseKnown(id, timeMs);
    visitor.barredMs = Math.max(Math.max(visitor.barredMs, visitor.linkedMs), timeMs);
    visitors.unlink(id, visitor);
  }

  /** An id that came as userId is a known user's: what was kept of it as a visitor stays the user's. */
  private void know(String user, long timeMs) throws Exception {
    Visitor visitor = known.add(user, timeMs) ? visitors.find(user) : null;
    if (visitor == null) return;
    visitors.dropAll(user, visitor);
    visitor.active = false;
    visitor.known = true;
    put(user, visitor);
  }

  private void link(String id, String user, long timeMs) throws Exception {
    Visitor visitor = visitors.get(id, timeMs);
    String before = visitor.user;
    if (timeMs > visitor.barredMs && timeMs >= visitor.linkedMs) {
      visitor.linkedMs = timeMs;
      visitor.usedMs = user.equals(before) ? Math.max(visitor.usedMs, timeMs) : timeMs;
      if (!user.equals(before)) {
        visitors.link(id, visitor, user);
        if (before == null) handOver(id, visitor, timeMs);
        else emitMove(EventBatch.HANDOVER, user, Visitors.without(id, timeMs));
      }
    }
    put(id, visitor);
  }

  private void handOver(String id, Visitor visitor, long timeMs) throws Exception {
    long nowMs = Math.max(timeMs, visitor.clockMs);
    byte[] handed = visitors.handedOver(id, visitor, timeMs, nowMs);
    emitMove(EventBatch.HANDOVER, visitor.user, handed);
    handovers.inc();
    handedOverBytes.inc(handed.length);
    visitors.dropAll(id, visitor);
    if (!visitor.active || nowMs - visitor.clockMs >= linksMs) return; // the profile goes on, with the ids that it knows
    emitMove(EventBatch.ENDING, id, Visitors.without(visitor.user, timeMs));
    visitor.begin();
  }

  /** Forgets all links to a user who is erased, in every shard. */
  private void forget(String user, long timeMs) throws Exception {
    for (int shard = 0; shard < shards; shard++) {
      List ids = visitors.forget(shard, user, timeMs);
      for (int i = 0; i < ids.size(); i++) put((String) ids.get(i), visitors.find((String) ids.get(i)));
    }
    eraseKnown(user, timeMs);
  }

  private void eraseKnown(String user, long timeMs) throws Exception {
    long goneMs = known.erase(user, timeMs) + latenessMs + Visitor.DAY_MS;
    if (!bounded) timers.registerEventTimeTimer(user, hourAfter(goneMs));
  }

  private void put(String id, Visitor visitor) throws Exception {
    visitors.change(id, visitor);
    if (bounded) return;
    long dueMs = hourAfter(visitors.dueMs(visitor));
    if (dueMs >= visitor.timerMs) return;
    visitor.timerMs = dueMs;
    state.enter(id);
    timers.registerEventTimeTimer(id, dueMs);
  }

  private static long hourAfter(long timeMs) { return (timeMs / HOUR_MS + 1L) * HOUR_MS; }

  public void onEventTime(InternalTimer timer) throws Exception {
    state.entered(timer.getKey());
    String id = (String) timer.getNamespace();
    long nowMs = timer.getTimestamp();
    known.has(id, nowMs - latenessMs - Visitor.DAY_MS); // forgets one that was erased long ago
    Visitor visitor = visitors.tidy(id, nowMs);
    if (visitor == null) return;
    if (visitor.timerMs <= nowMs) visitor.timerMs = Long.MAX_VALUE;
    put(id, visitor);
  }

  public void onProcessingTime(InternalTimer timer) {}

  private long messageKey(byte[] payload) throws Exception {
    String id = reader.messageId != null ? reader.messageId : EventReader.autoId(payload);
    return ByteBuffer.wrap(digest.digest(id.getBytes(StandardCharsets.UTF_8))).getLong();
  }

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

  private void emitMove(int kind, String owner, byte[] move) {
    Row out = new Row(width + 4);
    out.setField(columns[0], move);
    out.setField(width, new Integer(kind));
    out.setField(width + 1, owner);
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
