import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What is known of one anonymous id: who it is linked to, and which events are kept of the visitor while it is linked
 * to nobody. It decides as core/identity/visitor.py does; clock, bar and message ids are those of the visitor's profile.
 * The ids that are linked to one user are a list: `previous` and `next` are the neighbours in it.
 */
public class Visitor {
  public static final long NO_TIME = -1L;
  public static final long DAY_MS = 86400000L;
  public static final long BAR_KEPT_MS = 30L * DAY_MS;
  private static final byte FORMAT = 1;
  private static final int ACTIVE = 1;
  private static final int KNOWN = 2;

  public String user, previous, next;
  public long linkedMs = NO_TIME, usedMs = NO_TIME, barMs = NO_TIME, clockMs = NO_TIME;
  public long barredMs = NO_TIME; // after an erase: up to when events link no more
  public long timerMs = Long.MAX_VALUE; // the one that counts of those registered
  public boolean active; // the visitor's profile has an event
  public boolean known; // the id came as userId, so nothing is kept
  public List kept = new ArrayList(); // Kept, by time
  public Kept dropped; // what the last keep() pushed out
  public boolean changed; // the state is behind
  private int nextSlot;
  private SeenIds seen = new SeenIds();

  /** One kept event. Its payload is in the state, under its slot, but for one that is not written yet. */
  public static class Kept {
    public long timeMs;
    public long messageKey;
    public int slot;
    public int size;
    public byte[] content;
  }

  /** Knows nothing of the visitor any more but the bar of an erase; what is kept is dropped by Visitors. */
  public void begin() {
    clockMs = NO_TIME;
    active = false;
    seen = new SeenIds();
  }

  /** Takes an event as the visitor's profile does; gives where to keep it, or null. An older one may be `dropped`. */
  public Kept keep(long timeMs, long messageKey, long latenessMs, int messageIds, int events) {
    dropped = null;
    if (timeMs <= barMs || timeMs < clockMs - latenessMs || hasSeen(messageKey, timeMs, latenessMs)) return null;
    clockMs = Math.max(clockMs, timeMs);
    active = true;
    if (barMs != NO_TIME && clockMs >= barMs + BAR_KEPT_MS) barMs = NO_TIME;
    seen.add(messageKey, clockMs, clockMs - idsKeptMs(latenessMs), messageIds);
    int at = kept.size();
    for (int i = 0; i < kept.size(); i++) if (((Kept) kept.get(i)).messageKey == messageKey) return null;
    while (at > 0 && ((Kept) kept.get(at - 1)).timeMs > timeMs) at--;
    if (at == 0 && kept.size() >= events) return null;
    Kept one = new Kept();
    one.timeMs = timeMs;
    one.messageKey = messageKey;
    one.slot = nextSlot++;
    kept.add(at, one);
    if (kept.size() > events) dropped = (Kept) kept.remove(0);
    return one;
  }

  /** Sets the bar and begins anew; false for an erase that was applied before, which does nothing. */
  public boolean erase(long timeMs, long messageKey, long latenessMs, int messageIds) {
    if (hasSeen(messageKey, timeMs, latenessMs)) return false;
    long bar = Math.max(Math.max(barMs, clockMs), timeMs);
    begin();
    barMs = clockMs = bar;
    seen.add(messageKey, bar, NO_TIME, messageIds);
    return true;
  }

  /** How long a message id is kept: a copy that comes later is too late. */
  private static long idsKeptMs(long latenessMs) { return Math.max(DAY_MS, latenessMs + 1); }

  private boolean hasSeen(long key, long timeMs, long latenessMs) {
    return seen.has(key, Math.max(clockMs, timeMs), idsKeptMs(latenessMs));
  }

  /** Forgets the message ids, once no event that comes can be one of them. */
  public void forgetSeen() { seen = new SeenIds(); }

  public byte[] encode() {
    byte[][] texts = new byte[][] {bytes(user), bytes(previous), bytes(next)};
    int size = 2 + 6 * 8 + 3 * 4 + 2 * 4 + seen.size() + 24 * kept.size();
    for (int i = 0; i < 3; i++) size += texts[i] == null ? 0 : texts[i].length;
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    out.put(FORMAT).put((byte) ((active ? ACTIVE : 0) | (known ? KNOWN : 0)));
    out.putLong(linkedMs).putLong(usedMs).putLong(barMs).putLong(clockMs).putLong(timerMs).putLong(barredMs);
    for (int i = 0; i < 3; i++) {
      out.putInt(texts[i] == null ? -1 : texts[i].length);
      if (texts[i] != null) out.put(texts[i]);
    }
    seen.write(out);
    out.putInt(nextSlot).putInt(kept.size());
    for (int i = 0; i < kept.size(); i++) {
      Kept one = (Kept) kept.get(i);
      out.putLong(one.timeMs).putLong(one.messageKey).putInt(one.slot).putInt(one.size);
    }
    return out.array();
  }

  public static Visitor decode(byte[] content) {
    ByteBuffer in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    byte format = in.get();
    if (format != FORMAT) throw new IllegalStateException("expected a visitor of format 1, found " + format);
    Visitor visitor = new Visitor();
    int flags = in.get();
    visitor.active = (flags & ACTIVE) != 0;
    visitor.known = (flags & KNOWN) != 0;
    visitor.linkedMs = in.getLong();
    visitor.usedMs = in.getLong();
    visitor.barMs = in.getLong();
    visitor.clockMs = in.getLong();
    visitor.timerMs = in.getLong();
    visitor.barredMs = in.getLong();
    visitor.user = text(in);
    visitor.previous = text(in);
    visitor.next = text(in);
    visitor.seen = SeenIds.read(in);
    visitor.nextSlot = in.getInt();
    int count = in.getInt();
    for (int i = 0; i < count; i++) {
      Kept one = new Kept();
      one.timeMs = in.getLong();
      one.messageKey = in.getLong();
      one.slot = in.getInt();
      one.size = in.getInt();
      visitor.kept.add(one);
    }
    return visitor;
  }

  private static byte[] bytes(String text) { return text == null ? null : text.getBytes(StandardCharsets.UTF_8); }

  private static String text(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0) return null;
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
