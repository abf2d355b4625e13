import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The anonymous ids: their records, the payloads that are kept of them, and for each user the list of the ids that are
 * linked to them, in each shard (the newest, which the others follow in their records).
 * It links and forgets as core/identity/identity.py does. Records and payloads are written to the state ahead of each
 * checkpoint, and when too much waits; what lies in between, and is not kept any more by then, never gets there.
 */
public class Visitors {
  private static final int RECORD_BYTES = 600; // about what a record takes beside its message ids and payloads
  private static final int DECODED = 2; // times the bytes of a record in the state
  private static final int KEPT_BYTES = 100; // beside its payload

  private final IdentityState state;
  private final KnownUsers known;
  private final Map recent = new HashMap(); // id -> Visitor
  private final List changed = new ArrayList(); // ids of records that the state is behind of
  private long recentBytes; // about what the recent records hold
  private final long recentBytesMax;
  private final long withinMs;
  private final long linksMs;
  private final long slackMs; // so much longer is kept what no event in time can ask for any more
  public long keptBytes;
  public long keptEvents;

  public Visitors(
      IdentityState state, KnownUsers known, long withinMs, long linksMs, long latenessMs, long recentBytesMax) {
    this.state = state;
    this.known = known;
    this.withinMs = withinMs;
    this.linksMs = linksMs;
    this.slackMs = latenessMs + Visitor.DAY_MS;
    this.recentBytesMax = recentBytesMax;
  }

  /** What is known of an id, a new record where nothing is; a link that nothing used for long is forgotten. */
  public Visitor get(String id, long nowMs) throws Exception {
    Visitor visitor = find(id);
    if (visitor == null) {
      visitor = new Visitor();
      visitor.known = known.has(id, nowMs);
      remember(id, visitor, RECORD_BYTES);
    }
    if (visitor.user != null && nowMs - visitor.usedMs >= linksMs) unlink(id, visitor);
    return visitor;
  }

  /** The record of an id, or null. */
  public Visitor find(String id) throws Exception {
    state.enter(id);
    Visitor visitor = (Visitor) recent.get(id);
    if (visitor != null) return visitor;
    byte[] content = state.get(IdentityState.VISITOR, id);
    if (content == null) return null;
    visitor = Visitor.decode(content);
    remember(id, visitor, RECORD_BYTES + DECODED * content.length);
    return visitor;
  }

  private void remember(String id, Visitor visitor, int size) {
    recent.put(id, visitor);
    recentBytes += size;
  }

  /** Takes notice that a record is to be written. */
  public void change(String id, Visitor visitor) {
    if (visitor.changed) return;
    visitor.changed = true;
    changed.add(id);
  }

  /** Writes all that waits, ahead of a checkpoint. */
  public void write() throws Exception {
    for (int i = 0; i < changed.size(); i++) {
      String id = (String) changed.get(i);
      Visitor visitor = (Visitor) recent.get(id);
      if (visitor == null) continue; // forgotten since
      state.enter(id);
      visitor.changed = false;
      state.put(IdentityState.VISITOR, id, visitor.encode());
      for (int j = 0; j < visitor.kept.size(); j++) writePayload(id, (Visitor.Kept) visitor.kept.get(j));
    }
    changed.clear();
  }

  private void writePayload(String id, Visitor.Kept one) throws Exception {
    if (one.content == null) return;
    state.put(IdentityState.PAYLOAD, one.slot + " " + id, one.content);
    one.content = null;
  }

  /** Between two events: lets go of all records once they hold too much. */
  public void trim() throws Exception {
    if (recentBytes <= recentBytesMax) return;
    write();
    recent.clear();
    recentBytes = 0L;
  }

  /** Keeps a payload with its record's time, which counts for events without one. */
  public void keep(Visitor.Kept one, byte[] payload, long recordMs) {
    one.size = 8 + payload.length;
    one.content = new byte[one.size];
    ByteBuffer.wrap(one.content).order(ByteOrder.LITTLE_ENDIAN).putLong(recordMs).put(payload);
    recentBytes += KEPT_BYTES + one.size;
    keptBytes += one.size;
    keptEvents++;
  }

  public void drop(String id, Visitor.Kept one) throws Exception {
    keptBytes -= one.size;
    keptEvents--;
    if (one.content == null) state.remove(IdentityState.PAYLOAD, one.slot + " " + id);
  }

  public void dropAll(String id, Visitor visitor) throws Exception {
    for (int i = 0; i < visitor.kept.size(); i++) drop(id, (Visitor.Kept) visitor.kept.get(i));
    visitor.kept.clear();
  }

  /** The payloads that are handed over at a time, oldest first, each behind its record time and length. */
  public byte[] handedOver(String id, Visitor visitor, long timeMs, long nowMs) throws Exception {
    List found = new ArrayList();
    int size = 0;
    for (int i = 0; i < visitor.kept.size(); i++) {
      Visitor.Kept one = (Visitor.Kept) visitor.kept.get(i);
      if (nowMs - one.timeMs >= withinMs) continue;
      byte[] content = one.content != null ? one.content : state.get(IdentityState.PAYLOAD, one.slot + " " + id);
      found.add(content);
      size += content.length + 4;
    }
    byte[] text = id.getBytes(StandardCharsets.UTF_8);
    ByteBuffer out = ByteBuffer.allocate(16 + text.length + size).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(timeMs).putInt(text.length).put(text).putInt(found.size());
    for (int i = 0; i < found.size(); i++) {
      byte[] content = (byte[]) found.get(i);
      out.put(content, 0, 8).putInt(content.length - 8).put(content, 8, content.length - 8);
    }
    return out.array();
  }

  /** What says that a profile ends: the same without events, and with the user instead of the visitor. */
  public static byte[] without(String id, long timeMs) {
    byte[] text = id.getBytes(StandardCharsets.UTF_8);
    ByteBuffer out = ByteBuffer.allocate(16 + text.length).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(timeMs).putInt(text.length).put(text).putInt(0);
    return out.array();
  }

  /** Puts an id first in the list of a user's. */
  public void link(String id, Visitor visitor, String user) throws Exception {
    if (visitor.user != null) unchain(id, visitor);
    visitor.user = user;
    visitor.previous = null;
    visitor.next = state.getText(IdentityState.NEWEST, user);
    if (visitor.next != null) {
      Visitor next = find(visitor.next);
      next.previous = id;
      change(visitor.next, next);
    }
    state.putText(IdentityState.NEWEST, user, id);
    change(id, visitor);
  }

  public void unlink(String id, Visitor visitor) throws Exception {
    if (visitor.user != null) unchain(id, visitor);
    forgetLink(id, visitor);
  }

  private void forgetLink(String id, Visitor visitor) {
    visitor.user = visitor.previous = visitor.next = null;
    visitor.linkedMs = visitor.usedMs = Visitor.NO_TIME;
    change(id, visitor);
  }

  private void unchain(String id, Visitor visitor) throws Exception {
    if (visitor.next != null) {
      Visitor next = find(visitor.next);
      next.previous = visitor.previous;
      change(visitor.next, next);
    }
    if (visitor.previous != null) {
      Visitor previous = find(visitor.previous);
      previous.next = visitor.next;
      change(visitor.previous, previous);
    } else if (visitor.next != null) {
      state.putText(IdentityState.NEWEST, visitor.user, visitor.next);
    } else {
      state.remove(IdentityState.NEWEST, visitor.user);
    }
  }

  /** The ids of a shard that are linked to a user; their links are forgotten. */
  public List forget(int shard, String user, long timeMs) throws Exception {
    List found = new ArrayList();
    state.enter(shard);
    String id = state.getText(IdentityState.NEWEST, user);
    if (id != null) state.remove(IdentityState.NEWEST, user);
    while (id != null) {
      Visitor visitor = find(id);
      String next = visitor.next;
      visitor.barredMs = Math.max(Math.max(visitor.barredMs, visitor.linkedMs), timeMs);
      forgetLink(id, visitor);
      found.add(id);
      id = next;
    }
    return found;
  }

  /** When something of an id can be forgotten next. */
  public long dueMs(Visitor visitor) {
    if (visitor.user != null) return visitor.usedMs + linksMs + slackMs;
    if (!visitor.kept.isEmpty()) return ((Visitor.Kept) visitor.kept.get(0)).timeMs + withinMs + slackMs;
    return lastMs(visitor);
  }

  private long lastMs(Visitor visitor) {
    long latestMs = Math.max(Math.max(visitor.clockMs, visitor.barredMs), visitor.barMs);
    return latestMs + Math.max(linksMs, Visitor.BAR_KEPT_MS) + slackMs;
  }

  /** Forgets what no event in time can ask for any more; null where nothing of the id is left. */
  public Visitor tidy(String id, long nowMs) throws Exception {
    Visitor visitor = find(id);
    if (visitor == null) return null;
    change(id, visitor);
    if (visitor.user != null && visitor.usedMs + linksMs + slackMs <= nowMs) unlink(id, visitor);
    while (!visitor.kept.isEmpty()) {
      Visitor.Kept oldest = (Visitor.Kept) visitor.kept.get(0);
      if (oldest.timeMs + withinMs + slackMs > nowMs) break;
      drop(id, oldest);
      visitor.kept.remove(0);
    }
    if (visitor.user != null) return visitor;
    if (visitor.clockMs + withinMs + slackMs <= nowMs) visitor.forgetSeen();
    if (!visitor.kept.isEmpty() || lastMs(visitor) > nowMs) return visitor;
    recent.remove(id);
    state.remove(IdentityState.VISITOR, id);
    return null;
  }
}
