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

  public String user, previous, next;
  public long linkedMs = NO_TIME, usedMs = NO_TIME, barMs = NO_TIME, clockMs = NO_TIME;
  public long barredMs = NO_TIME; // after an erase: up to when events link no more
  public long timerMs = Long.MAX_VALUE; // the one that counts of those registered
  public boolean active; // the visitor's profile has an event
  public List kept = new ArrayList(); // Kept, by time
  private int nextSlot;
  private long[] seenIds = new long[0];
  private long[] seenMs = new long[0];

  /** One kept event; its payload is in a state of its own, under its slot. */
  public static class Kept {
    public long timeMs;
    public long messageKey;
    public int slot;
  }

  /** Knows nothing of the visitor any more but the bar of an erase. */
  public void begin() {
    clockMs = NO_TIME;
    active = false;
    kept = new ArrayList();
    seenIds = new long[0];
    seenMs = new long[0];
  }

  /**
   * Takes an event as the visitor's profile does. Gives the slot to keep its payload in, or -1; where an older one has
   * to go, its slot is put into dropped[0], else -1.
   */
  public int keep(long timeMs, long messageKey, long latenessMs, int messageIds, int events, int[] dropped) {
    dropped[0] = -1;
    if (timeMs <= barMs || timeMs < clockMs - latenessMs || hasSeen(messageKey, timeMs, latenessMs)) return -1;
    clockMs = Math.max(clockMs, timeMs);
    active = true;
    if (barMs != NO_TIME && clockMs >= barMs + BAR_KEPT_MS) barMs = NO_TIME;
    see(messageKey, clockMs, clockMs - idsKeptMs(latenessMs), messageIds);
    int at = kept.size();
    for (int i = 0; i < kept.size(); i++) if (((Kept) kept.get(i)).messageKey == messageKey) return -1;
    while (at > 0 && ((Kept) kept.get(at - 1)).timeMs > timeMs) at--;
    if (at == 0 && kept.size() >= events) return -1;
    Kept one = new Kept();
    one.timeMs = timeMs;
    one.messageKey = messageKey;
    one.slot = nextSlot++;
    kept.add(at, one);
    if (kept.size() > events) dropped[0] = ((Kept) kept.remove(0)).slot;
    return one.slot;
  }

  /** Sets the bar and forgets the visitor; false for an erase that was applied before, which does nothing. */
  public boolean erase(long timeMs, long messageKey, long latenessMs, int messageIds) {
    if (hasSeen(messageKey, timeMs, latenessMs)) return false;
    long bar = Math.max(Math.max(barMs, clockMs), timeMs);
    begin();
    barMs = clockMs = bar;
    see(messageKey, bar, NO_TIME, messageIds);
    return true;
  }

  /** How long a message id is kept: a copy that comes later is too late. */
  private static long idsKeptMs(long latenessMs) {
    return Math.max(DAY_MS, latenessMs + 1);
  }

  private boolean hasSeen(long key, long timeMs, long latenessMs) {
    for (int i = 0; i < seenIds.length; i++) {
      if (seenIds[i] == key) return Math.max(clockMs, timeMs) - seenMs[i] < idsKeptMs(latenessMs);
    }
    return false;
  }

  private void see(long key, long nowMs, long goneMs, int most) {
    int count = seenIds.length + 1;
    int cut = Math.max(0, count - most);
    while (cut < seenIds.length && seenMs[cut] <= goneMs) cut++;
    long[] ids = new long[count - cut];
    long[] times = new long[count - cut];
    System.arraycopy(seenIds, cut, ids, 0, seenIds.length - cut);
    System.arraycopy(seenMs, cut, times, 0, seenMs.length - cut);
    ids[ids.length - 1] = key;
    times[times.length - 1] = nowMs;
    seenIds = ids;
    seenMs = times;
  }

  /** Forgets the message ids, once no event that comes can be one of them. */
  public void forgetSeen() {
    seenIds = new long[0];
    seenMs = new long[0];
  }

  public byte[] encode() {
    byte[][] texts = new byte[][] {bytes(user), bytes(previous), bytes(next)};
    int size = 2 + 6 * 8 + 3 * 4 + 4 + 8 + 16 * seenIds.length + 20 * kept.size();
    for (int i = 0; i < 3; i++) size += texts[i] == null ? 0 : texts[i].length;
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    out.put(FORMAT).put((byte) (active ? 1 : 0));
    out.putLong(linkedMs).putLong(usedMs).putLong(barMs).putLong(clockMs).putLong(timerMs).putLong(barredMs);
    for (int i = 0; i < 3; i++) {
      out.putInt(texts[i] == null ? -1 : texts[i].length);
      if (texts[i] != null) out.put(texts[i]);
    }
    out.putInt(nextSlot).putInt(seenIds.length).putInt(kept.size());
    for (int i = 0; i < seenIds.length; i++) out.putLong(seenIds[i]).putLong(seenMs[i]);
    for (int i = 0; i < kept.size(); i++) {
      Kept one = (Kept) kept.get(i);
      out.putLong(one.timeMs).putLong(one.messageKey).putInt(one.slot);
    }
    return out.array();
  }

  public static Visitor decode(byte[] content) {
    ByteBuffer in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    byte format = in.get();
    if (format != FORMAT) throw new IllegalStateException("expected a visitor of format 1, found " + format);
    Visitor visitor = new Visitor();
    visitor.active = in.get() == 1;
    visitor.linkedMs = in.getLong();
    visitor.usedMs = in.getLong();
    visitor.barMs = in.getLong();
    visitor.clockMs = in.getLong();
    visitor.timerMs = in.getLong();
    visitor.barredMs = in.getLong();
    visitor.user = text(in);
    visitor.previous = text(in);
    visitor.next = text(in);
    visitor.nextSlot = in.getInt();
    int seen = in.getInt();
    int count = in.getInt();
    visitor.seenIds = new long[seen];
    visitor.seenMs = new long[seen];
    for (int i = 0; i < seen; i++) {
      visitor.seenIds[i] = in.getLong();
      visitor.seenMs[i] = in.getLong();
    }
    for (int i = 0; i < count; i++) {
      Kept one = new Kept();
      one.timeMs = in.getLong();
      one.messageKey = in.getLong();
      one.slot = in.getInt();
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
