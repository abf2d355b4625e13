import java.nio.ByteBuffer;

/** The message ids that a visitor's profile remembers, each with the clock at which it came: as core/seen.py. */
public class SeenIds {
  private long[] ids = new long[4];
  private long[] times = new long[4];
  private int from, to; // the oldest, and behind the newest

  /** True for an id that came less than keptMs before a clock. */
  public boolean has(long id, long nowMs, long keptMs) {
    for (int i = from; i < to; i++) if (ids[i] == id) return nowMs - times[i] < keptMs;
    return false;
  }

  /** Adds an id, forgets those up to goneMs, and the oldest beyond so many. */
  public void add(long id, long nowMs, long goneMs, int most) {
    from = Math.max(from, to + 1 - most);
    while (from < to && times[from] <= goneMs) from++;
    if (to == ids.length) makeRoom();
    ids[to] = id;
    times[to++] = nowMs;
  }

  private void makeRoom() {
    int count = to - from;
    int length = 2 * count >= ids.length ? 2 * ids.length : ids.length; // half empty: moved, else doubled
    long[] movedIds = new long[length];
    long[] movedTimes = new long[length];
    System.arraycopy(ids, from, movedIds, 0, count);
    System.arraycopy(times, from, movedTimes, 0, count);
    ids = movedIds;
    times = movedTimes;
    from = 0;
    to = count;
  }

  /** How many bytes write() puts. */
  public int size() { return 4 + 16 * (to - from); }

  public void write(ByteBuffer out) {
    out.putInt(to - from);
    for (int i = from; i < to; i++) out.putLong(ids[i]).putLong(times[i]);
  }

  public static SeenIds read(ByteBuffer in) {
    SeenIds seen = new SeenIds();
    int count = in.getInt();
    seen.ids = new long[count + 4];
    seen.times = new long[count + 4];
    for (; seen.to < count; seen.to++) {
      seen.ids[seen.to] = in.getLong();
      seen.times[seen.to] = in.getLong();
    }
    return seen;
  }
}
