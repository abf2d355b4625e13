import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Event time of one subtask: the least of its sources that are not idle, less the bound of disorder.
 * While no event arrives it goes on from the last watermark at the pace of the wall clock.
 * Idleness counts only the time in which the task was free to read, so that a task that is held back is not idle.
 * After a start it waits as long before it moves: the partition that is read first must not overtake the others.
 * So it does when the first event comes after all were idle, as after an outage; only the wall clock's pace goes on then.
 */
public class EventClock {
  public static final long NONE = Long.MIN_VALUE;
  private static final long FUTURE_MS_MAX = 3600000L;

  private final long disorderMs;
  private final long idleMs;
  private final Map sources = new HashMap();
  private long watermark = NONE;
  private long anchorMs;
  private long lastTickMs = NONE;
  private long freeMs;
  private long pacedMs; // the wall-clock time up to which pace has moved the watermark
  private long waitedMs; // free time since the first event after all were idle
  private boolean waiting;
  private boolean startsAgain;
  private boolean idle;
  private String lastTopic;
  private int lastPartition;
  private Source lastSource;

  public EventClock(long disorderMs, long idleMs) {
    this.disorderMs = disorderMs;
    this.idleMs = idleMs;
  }

  /** Takes notice of an event; a time more than an hour ahead of the wall clock, or none, is passed over. */
  public void observe(String topic, int partition, long timeMs, long wallMs) {
    if (timeMs == EventReader.NO_TIME || timeMs > wallMs + FUTURE_MS_MAX) return;
    if (lastSource == null || partition != lastPartition || !topic.equals(lastTopic)) {
      lastTopic = topic;
      lastPartition = partition;
      lastSource = source(topic + "/" + partition);
    }
    if (idle && !waiting) waitForOthers();
    lastSource.quietMs = 0L;
    lastSource.heard = true;
    anchorMs = wallMs;
    if (timeMs > lastSource.greatestMs) lastSource.greatestMs = timeMs;
  }

  private void waitForOthers() {
    waiting = true;
    waitedMs = 0L;
    for (Iterator i = sources.values().iterator(); i.hasNext();) ((Source) i.next()).heard = false;
  }

  private Source source(String name) {
    Source source = (Source) sources.get(name);
    if (source == null) {
      source = new Source();
      sources.put(name, source);
    }
    return source;
  }

  /** Gives the watermark at a wall-clock time: the same as before or greater, NONE before the first event. */
  public long tick(long wallMs, long intervalMs) {
    long passed = lastTickMs == NONE ? 0L : Math.min(Math.max(0L, wallMs - lastTickMs), 2L * intervalMs);
    if (lastTickMs == NONE) anchorMs = Math.max(anchorMs, wallMs); // restored, perhaps without events: go on from here
    lastTickMs = wallMs;
    freeMs += passed;
    waitedMs += passed;
    boolean starting = freeMs < idleMs;
    boolean waited = waiting && waitedMs >= idleMs;
    long least = Long.MAX_VALUE;
    for (Iterator i = sources.values().iterator(); i.hasNext();) {
      Source source = (Source) i.next();
      if (source.quietMs < idleMs || (waited && source.heard)) least = Math.min(least, source.greatestMs);
      source.quietMs += passed;
    }
    if (waited) waiting = false;
    idle = least == Long.MAX_VALUE && !starting && !waiting;
    if (starting) return watermark;
    if (!idle && !waiting) advanceTo(least - disorderMs - 1L);
    if ((idle || waiting) && watermark != NONE) paceTo(wallMs);
    return watermark;
  }

  /** True while every source is idle, or none has had an event. */
  public boolean isIdle() { return idle; }

  private void advanceTo(long candidate) {
    if (watermark != NONE && candidate <= watermark) return;
    watermark = candidate;
    pacedMs = NONE; // pace begins at the last event
  }

  private void paceTo(long wallMs) {
    long fromMs = Math.max(anchorMs, pacedMs);
    if (wallMs <= fromMs) return;
    watermark += wallMs - fromMs;
    pacedMs = wallMs;
  }

  /** What must be kept over a restart, as lines of text. */
  public List snapshot() {
    List lines = new ArrayList();
    if (freeMs < idleMs) lines.add("starting 0");
    if (watermark != NONE) lines.add("watermark " + watermark);
    for (Iterator i = sources.entrySet().iterator(); i.hasNext();) {
      Map.Entry entry = (Map.Entry) i.next();
      lines.add("source " + ((Source) entry.getValue()).greatestMs + " " + entry.getKey());
    }
    return lines;
  }

  /** Takes one line of any subtask's snapshot; the least watermark counts. */
  public void restore(String line) {
    String[] parts = line.split(" ", 3);
    long value = Long.parseLong(parts[1]);
    if (parts[0].equals("starting")) {
      startsAgain = true;
      freeMs = 0L;
      watermark = NONE;
    } else if (parts[0].equals("watermark")) {
      if (startsAgain) return; // time had begun in some subtasks only, so not in the job
      freeMs = idleMs; // the start is over, and its partitions are known
      if (watermark == NONE || value < watermark) watermark = value;
    } else {
      Source source = source(parts[2]);
      source.greatestMs = Math.max(source.greatestMs, value);
    }
  }

  static class Source {
    long greatestMs = NONE;
    long quietMs = 0L;
    boolean heard;
  }
}
