import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.operators.InternalTimerService;

/**
 * Whose an event is, and what moves between profiles before it, as core/identity/identity.py decides it. It knows ids,
 * not users: what becomes of an event at its user does not change whom it links.
 */
public class IdentityStep {
  public static final int EVENT = 0; // a kind beside those of EventBatch
  private static final long HOUR_MS = 3600000L;

  /** A handover to the owner, or the end of the owner's profile (EventBatch.HANDOVER, ENDING). */
  public static class Move {
    public int kind;
    public String owner;
    public byte[] content;
  }

  /** What take() found: what moves, in order, what the event is, and whose, null for the user that it names. */
  public final List moves = new ArrayList();
  public int kind;
  public String owner;
  public Counter handovers, handedOverBytes;

  private final IdentityState state;
  private final KnownUsers known;
  private final Visitors visitors;
  private final InternalTimerService timers; // null: nothing is freed
  private final long linksMs, latenessMs;
  private final int shards, messageIds, events;
  private final MessageDigest digest;
  private EventReader reader; // of the event at hand

  public IdentityStep(
      Map options, IdentityState state, KnownUsers known, Visitors visitors, InternalTimerService timers)
      throws Exception {
    this.state = state;
    this.known = known;
    this.visitors = visitors;
    this.timers = timers;
    linksMs = Long.parseLong((String) options.get("links_ms"));
    latenessMs = Long.parseLong((String) options.get("lateness_ms"));
    shards = Integer.parseInt((String) options.get("shards"));
    messageIds = Integer.parseInt((String) options.get("message_ids"));
    events = Integer.parseInt((String) options.get("events"));
    digest = MessageDigest.getInstance("SHA-256");
  }

  /** Decides whose an event is and what moves before it; recordMs is the record's time where that counts. */
  public void take(EventReader read, byte[] payload, long recordMs) throws Exception {
    reader = read;
    moves.clear();
    kind = EVENT;
    owner = null;
    String user = reader.userId;
    String id = reader.anonymousId;
    if (reader.type.equals("alias")) {
      if (reader.previousId != null) id = reader.previousId;
    } else if (user == null) {
      ofAnonymous(id, payload, recordMs);
      return;
    }
    if (user != null) know(user, reader.timeMs);
    if (user != null && id != null && !id.equals(user)) link(id, user, reader.timeMs);
    if (user != null && reader.type.equals("erase")) forget(user, reader.timeMs);
  }

  private void ofAnonymous(String id, byte[] payload, long recordMs) throws Exception {
    long timeMs = reader.timeMs;
    Visitor visitor = visitors.get(id, timeMs);
    visitor.known = visitor.known && known.has(id, timeMs);
    if (reader.type.equals("erase")) {
      eraseVisitor(id, visitor, messageKey(payload));
      if (!visitor.known) kind = EventBatch.VISITORS_EVENT;
    } else if (visitor.user != null) {
      visitor.usedMs = Math.max(visitor.usedMs, timeMs);
      owner = visitor.user;
    } else if (visitor.known) {
      return;
    } else {
      kind = EventBatch.VISITORS_EVENT;
      Visitor.Kept one = visitor.keep(timeMs, messageKey(payload), latenessMs, messageIds, events);
      if (one != null) visitors.keep(one, payload, recordMs);
      if (visitor.dropped != null) visitors.drop(id, visitor.dropped);
    }
    put(id, visitor);
  }

  private void eraseVisitor(String id, Visitor visitor, long messageKey) throws Exception {
    long timeMs = reader.timeMs;
    if (!visitor.erase(timeMs, messageKey, latenessMs, messageIds)) return;
    visitors.dropAll(id, visitor);
    if (visitor.known) eraseKnown(id, timeMs);
    bar(id, visitor, timeMs);
  }

  /** Forgets whom an erased id is linked to; no event up to the erase or that link makes it again. */
  private void bar(String id, Visitor visitor, long timeMs) throws Exception {
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
        else move(EventBatch.HANDOVER, user, Visitors.without(id, timeMs));
      }
    }
    put(id, visitor);
  }

  private void handOver(String id, Visitor visitor, long timeMs) throws Exception {
    long nowMs = Math.max(timeMs, visitor.clockMs);
    byte[] handed = visitors.handedOver(id, visitor, timeMs, nowMs);
    move(EventBatch.HANDOVER, visitor.user, handed);
    handovers.inc();
    handedOverBytes.inc(handed.length);
    visitors.dropAll(id, visitor);
    if (!visitor.active || nowMs - visitor.clockMs >= linksMs) return; // the profile goes on, with the ids that it knows
    move(EventBatch.ENDING, id, Visitors.without(visitor.user, timeMs));
    visitor.begin();
  }

  /** Forgets all links to a user who is erased, in every shard, and whom the user's own id is linked to. */
  private void forget(String user, long timeMs) throws Exception {
    for (int shard = 0; shard < shards; shard++) {
      List ids = visitors.forget(shard, user, timeMs);
      for (int i = 0; i < ids.size(); i++) put((String) ids.get(i), visitors.find((String) ids.get(i)));
    }
    Visitor own = visitors.get(user, timeMs);
    bar(user, own, timeMs);
    put(user, own);
    eraseKnown(user, timeMs);
  }

  private void eraseKnown(String user, long timeMs) throws Exception {
    long goneMs = known.erase(user, timeMs) + latenessMs + Visitor.DAY_MS;
    if (timers != null) timers.registerEventTimeTimer(user, hourAfter(goneMs));
  }

  private void put(String id, Visitor visitor) throws Exception {
    visitors.change(id, visitor);
    if (timers == null) return;
    long dueMs = hourAfter(visitors.dueMs(visitor));
    if (dueMs >= visitor.timerMs) return;
    visitor.timerMs = dueMs;
    state.enter(id);
    timers.registerEventTimeTimer(id, dueMs);
  }

  private static long hourAfter(long timeMs) { return (timeMs / HOUR_MS + 1L) * HOUR_MS; }

  /** At an id's timer: forgets what no event in time can ask for any more. */
  public void tidy(String id, long nowMs) throws Exception {
    known.has(id, nowMs - latenessMs - Visitor.DAY_MS); // forgets one that was erased long ago
    Visitor visitor = visitors.tidy(id, nowMs);
    if (visitor == null) return;
    if (visitor.timerMs <= nowMs) visitor.timerMs = Long.MAX_VALUE;
    put(id, visitor);
  }

  private void move(int what, String of, byte[] content) {
    Move move = new Move();
    move.kind = what;
    move.owner = of;
    move.content = content;
    moves.add(move);
  }

  private long messageKey(byte[] payload) throws Exception {
    String id = reader.messageId != null ? reader.messageId : EventReader.autoId(payload);
    return ByteBuffer.wrap(digest.digest(id.getBytes(StandardCharsets.UTF_8))).getLong();
  }
}
