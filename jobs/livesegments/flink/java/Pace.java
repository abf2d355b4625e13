/**
 * How long the Batcher waits before it gives on what is not full. Small batches are slow: while its task is held back
 * most of the time, waiting longer costs nothing, so each wait is twice as long as the one before; else half as long.
 */
public class Pace {
  private static final long DELAY_MS_MAX = 1000L;

  private final long delayMsMin;
  private long delayMs;
  private long sinceNs;
  private long heldBeforeMs;

  /** The wait when nothing is held back (ms), and a time (ns) from which the first one counts. */
  public Pace(long delayMsMin, long nowNs) {
    this.delayMsMin = delayMsMin;
    delayMs = delayMsMin;
    sinceNs = nowNs;
  }

  public long delayMs() { return delayMs; }

  /** Whether the job is held back, so that waits are longer than they need to be. */
  public boolean isSlow() { return delayMs > delayMsMin; }

  /**
   * Takes notice that all was given on, and of how long the task was held back since it runs (ms). What cuts a wait
   * short, such as a checkpoint, does not end it.
   */
  public void flushed(long nowNs, long heldMs) {
    long waitedMs = (nowNs - sinceNs) / 1000000L;
    if (waitedMs < delayMs) return;
    boolean heldBack = 2L * (heldMs - heldBeforeMs) > waitedMs;
    delayMs = heldBack ? Math.min(2L * delayMs, DELAY_MS_MAX) : Math.max(delayMs / 2L, delayMsMin);
    heldBeforeMs = heldMs;
    sinceNs = nowNs;
  }
}
