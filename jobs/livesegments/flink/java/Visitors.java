import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.MapState;

/**
 * The anonymous ids of one shard, in keyed state: `ids` (id -> Visitor), `kept` (slot and id -> payload), `newest` (user ->
 * the newest id linked to them; the others follow it in their records).
 * It links and forgets as core/identity/identity.py does. The key must be that of the shard of the ids.
 */
public class Visitors {
  private final MapState ids;
  private final MapState kept;
  private final MapState newest;
  private final long withinMs;
  private final long linksMs;
  private final long slackMs; // so much longer is kept what no event in time can ask for any more
  public long keptBytes;
  public long keptEvents;

  public Visitors(MapState ids, MapState kept, MapState newest, long withinMs, long linksMs, long latenessMs) {
    this.ids = ids;
    this.kept = kept;
    this.newest = newest;
    this.withinMs = withinMs;
    this.linksMs = linksMs;
    this.slackMs = latenessMs + Visitor.DAY_MS;
  }

  /** What is known of an id; a link that nothing used for long is forgotten. */
  public Visitor get(String id, long nowMs) throws Exception {
    byte[] content = (byte[]) ids.get(id);
    Visitor visitor = content == null ? new Visitor() : Visitor.decode(content);
    if (visitor.user != null && nowMs - visitor.usedMs >= linksMs) unlink(id, visitor);
    return visitor;
  }

  public void put(String id, Visitor visitor) throws Exception { ids.put(id, visitor.encode()); }

  private Visitor read(String id) throws Exception { return Visitor.decode((byte[]) ids.get(id)); }

  public void keep(String id, int slot, byte[] payload, long recordMs) throws Exception {
    byte[] content = new byte[8 + payload.length];
    ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putLong(recordMs).put(payload);
    kept.put(slot + " " + id, content);
    keptBytes += content.length;
    keptEvents++;
  }

  public void drop(String id, int slot) throws Exception {
    String place = slot + " " + id;
    byte[] content = (byte[]) kept.get(place);
    if (content == null) return;
    keptBytes -= content.length;
    keptEvents--;
    kept.remove(place);
  }

  public void dropAll(String id, Visitor visitor) throws Exception {
    for (int i = 0; i < visitor.kept.size(); i++) drop(id, ((Visitor.Kept) visitor.kept.get(i)).slot);
  }

  /** The payloads that are handed over at a time, oldest first, each behind its record time and length. */
  public byte[] handedOver(String id, Visitor visitor, long timeMs, long nowMs) throws Exception {
    List found = new ArrayList();
    int size = 0;
    for (int i = 0; i < visitor.kept.size(); i++) {
      Visitor.Kept one = (Visitor.Kept) visitor.kept.get(i);
      if (nowMs - one.timeMs >= withinMs) continue;
      byte[] content = (byte[]) kept.get(one.slot + " " + id);
      if (content == null) continue;
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
    visitor.next = (String) newest.get(user);
    if (visitor.next != null) {
      Visitor next = read(visitor.next);
      next.previous = id;
      put(visitor.next, next);
    }
    newest.put(user, id);
  }

  public void unlink(String id, Visitor visitor) throws Exception {
    if (visitor.user != null) unchain(id, visitor);
    visitor.user = visitor.previous = visitor.next = null;
    visitor.linkedMs = visitor.usedMs = Visitor.NO_TIME;
  }

  private void unchain(String id, Visitor visitor) throws Exception {
    if (visitor.next != null) {
      Visitor next = read(visitor.next);
      next.previous = visitor.previous;
      put(visitor.next, next);
    }
    if (visitor.previous != null) {
      Visitor previous = read(visitor.previous);
      previous.next = visitor.next;
      put(visitor.previous, previous);
    } else if (visitor.next != null) {
      newest.put(visitor.user, visitor.next);
    } else {
      newest.remove(visitor.user);
    }
  }

  /** The ids of the shard that are linked to a user; their links are forgotten. */
  public List forget(String user, long timeMs) throws Exception {
    List found = new ArrayList();
    String id = (String) newest.get(user);
    while (id != null) {
      Visitor visitor = read(id);
      String next = visitor.next;
      visitor.user = visitor.previous = visitor.next = null;
      visitor.barredMs = Math.max(Math.max(visitor.barredMs, visitor.linkedMs), timeMs);
      visitor.linkedMs = visitor.usedMs = Visitor.NO_TIME;
      put(id, visitor);
      found.add(id);
      id = next;
    }
    newest.remove(user);
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
    if (!ids.contains(id)) return null;
    Visitor visitor = read(id);
    if (visitor.user != null && visitor.usedMs + linksMs + slackMs <= nowMs) unlink(id, visitor);
    while (!visitor.kept.isEmpty()) {
      Visitor.Kept oldest = (Visitor.Kept) visitor.kept.get(0);
      if (oldest.timeMs + withinMs + slackMs > nowMs) break;
      drop(id, oldest.slot);
      visitor.kept.remove(0);
    }
    if (visitor.user != null) return visitor;
    if (visitor.clockMs + withinMs + slackMs <= nowMs) visitor.forgetSeen();
    if (visitor.kept.isEmpty() && lastMs(visitor) <= nowMs) {
      ids.remove(id);
      return null;
    }
    return visitor;
  }
}
