import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Events of one shard on their way to Python, and the frame that carries them; frames.py reads it.
 * Little endian: kind (1 byte), flags (1), 0 (2), count (4), a length each (4), the payloads; then, if flagged,
 * the sources (partition 4, topic length 2, topic), each event's source (2) and offset (8); then the record keys
 * that are not the payload's user: count (4), and each as index (4), length (4), text; then the record times of
 * events that have none of their own: count (4), and each as index (4), time (8); then the owners that are not the
 * payload's user: count (4), and each as index (4), what it is (4), length (4), text. What it is: 0 for an event, else
 * a handover or an ending (Visitors.java), whose payload is no event.
 */
public class EventBatch {
  public static final byte EVENTS = 0;
  public static final byte END = 1;
  public static final byte TICK = 2;
  public static final byte MODEL = 3;
  public static final byte MARK = 4;
  public static final long NO_TIME_MS = Long.MIN_VALUE;
  public static final int HANDOVER = 1;
  public static final int ENDING = 2;
  public static final int VISITORS_EVENT = 3;
  public static final int KINDS = 3; // the bits of a row's kind; the others say what was read of the event
  public static final int ACCEPTED = 4;
  public static final int IGNORED = 8;
  public static final int LACKS_TIME = 16;
  private static final int HAS_SOURCES = 1;
  private static final int HAS_KEYS = 2;
  private static final int HAS_TIMES = 4;
  private static final int HAS_OWNERS = 8;

  private final byte[][] payloads;
  private final short[] sources;
  private final long[] offsets;
  private final List sourceNames = new ArrayList();
  private final Map sourceIndexes = new HashMap();
  private String lastTopic;
  private int lastPartition;
  private short lastSource;
  private final List keys = new ArrayList();
  private final List keyIndexes = new ArrayList();
  private final List times = new ArrayList();
  private final List timeIndexes = new ArrayList();
  private final List owners = new ArrayList();
  private final List ownerIndexes = new ArrayList();
  private final List kinds = new ArrayList();
  private int count;
  private int bytes;
  private int fullAt;

  public EventBatch(int eventsMax, boolean hasSources) {
    payloads = new byte[eventsMax][];
    fullAt = eventsMax;
    sources = hasSources ? new short[eventsMax] : null;
    offsets = hasSources ? new long[eventsMax] : null;
  }

  public int count() { return count; }

  /** Adds an event; a key only where it is not the payload's user; recordMs for one without a time, or NO_TIME_MS. */
  public void add(byte[] payload, String key, String topic, int partition, long offset, long recordMs) {
    if (sources != null) {
      sources[count] = sourceIndex(topic, partition);
      offsets[count] = offset;
    }
    if (key != null) {
      byte[] text = key.getBytes(StandardCharsets.UTF_8);
      keys.add(text);
      keyIndexes.add(new Integer(count));
      bytes += text.length;
    }
    if (recordMs != NO_TIME_MS) {
      times.add(new Long(recordMs));
      timeIndexes.add(new Integer(count));
    }
    payloads[count++] = payload;
    bytes += payload.length;
  }

  /** Says whose the payload is that is added next, and what it is. */
  public void own(String owner, int kind) {
    byte[] text = owner.getBytes(StandardCharsets.UTF_8);
    owners.add(text);
    ownerIndexes.add(new Integer(count));
    kinds.add(new Integer(kind));
    bytes += text.length;
  }

  public boolean isFull(int bytesMax) { return count >= fullAt || bytes >= bytesMax; }

  /** Has the next batch, and only that, be full at this part of the most events. */
  public void fillOnly(int part, int parts) { fullAt = Math.max(1, (int) ((long) payloads.length * part / parts)); }

  /** The place of a source among those of this batch: mostly it is that of the event before. */
  private short sourceIndex(String topic, int partition) {
    if (sourceNames.isEmpty() || partition != lastPartition || !topic.equals(lastTopic)) {
      lastTopic = topic;
      lastPartition = partition;
      String name = partition + "/" + topic;
      Short known = (Short) sourceIndexes.get(name);
      if (known == null) {
        known = Short.valueOf((short) sourceNames.size());
        sourceIndexes.put(name, known);
        sourceNames.add(name);
      }
      lastSource = known.shortValue();
    }
    return lastSource;
  }

  /** Gives the frame and becomes empty. */
  public byte[] takeFrame() {
    byte[][] names = new byte[sourceNames.size()][];
    int size = 8 + 4 * count + bytes;
    if (sources != null) size += 2 + 10 * count;
    for (int i = 0; i < names.length; i++) {
      names[i] = ((String) sourceNames.get(i)).getBytes(StandardCharsets.UTF_8);
      size += 2 + names[i].length;
    }
    if (!keys.isEmpty()) size += 4 + 8 * keys.size();
    if (!times.isEmpty()) size += 4 + 12 * times.size();
    if (!owners.isEmpty()) size += 4 + 12 * owners.size();
    int flags = (sources == null ? 0 : HAS_SOURCES) | (keys.isEmpty() ? 0 : HAS_KEYS)
        | (times.isEmpty() ? 0 : HAS_TIMES) | (owners.isEmpty() ? 0 : HAS_OWNERS);
    ByteBuffer frame = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    frame.put(EVENTS).put((byte) flags);
    frame.putShort((short) 0).putInt(count);
    for (int i = 0; i < count; i++) frame.putInt(payloads[i].length);
    for (int i = 0; i < count; i++) frame.put(payloads[i]);
    if (sources != null) putSources(frame, names);
    if (!keys.isEmpty()) putKeys(frame);
    if (!times.isEmpty()) putTimes(frame);
    if (!owners.isEmpty()) putOwners(frame);
    clear();
    return frame.array();
  }

  private void putSources(ByteBuffer frame, byte[][] names) {
    frame.putShort((short) names.length);
    for (int i = 0; i < names.length; i++) frame.putShort((short) names[i].length).put(names[i]);
    for (int i = 0; i < count; i++) frame.putShort(sources[i]);
    for (int i = 0; i < count; i++) frame.putLong(offsets[i]);
  }

  private void putKeys(ByteBuffer frame) {
    frame.putInt(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      byte[] text = (byte[]) keys.get(i);
      frame.putInt(((Integer) keyIndexes.get(i)).intValue()).putInt(text.length).put(text);
    }
  }

  private void putTimes(ByteBuffer frame) {
    frame.putInt(times.size());
    for (int i = 0; i < times.size(); i++) {
      frame.putInt(((Integer) timeIndexes.get(i)).intValue()).putLong(((Long) times.get(i)).longValue());
    }
  }

  private void putOwners(ByteBuffer frame) {
    frame.putInt(owners.size());
    for (int i = 0; i < owners.size(); i++) {
      byte[] text = (byte[]) owners.get(i);
      frame.putInt(((Integer) ownerIndexes.get(i)).intValue()).putInt(((Integer) kinds.get(i)).intValue());
      frame.putInt(text.length).put(text);
    }
  }

  private void clear() {
    for (int i = 0; i < count; i++) payloads[i] = null;
    count = 0;
    bytes = 0;
    fullAt = payloads.length;
    sourceNames.clear();
    sourceIndexes.clear();
    keys.clear();
    keyIndexes.clear();
    times.clear();
    timeIndexes.clear();
    owners.clear();
    ownerIndexes.clear();
    kinds.clear();
  }

  /** Gives the frame that tells a shard that one of the batchers has no more events. */
  public static byte[] endFrame(int batcher, int batchers, long greatestMs) {
    ByteBuffer frame = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
    frame.put(END).put((byte) 0).putShort((short) 0).putInt(batcher).putInt(batchers).putLong(greatestMs);
    return frame.array();
  }

  /** Gives the frame that wakes a shard up after a start; so many more will follow. */
  public static byte[] tickFrame(int ticksLeft) {
    ByteBuffer frame = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    frame.put(TICK).put((byte) 0).putShort((short) 0).putInt(ticksLeft);
    return frame.array();
  }

  /** Gives the frame that has a shard write what waits: rows each second, and its state ahead of a barrier. */
  public static byte[] markFrame(boolean beforeBarrier) {
    ByteBuffer frame = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    frame.put(MARK).put((byte) (beforeBarrier ? 1 : 0)).putShort((short) 0).putInt(0);
    return frame.array();
  }

  /** Gives the frame that carries one version of a model to the Segmenter. */
  public static byte[] modelFrame(String key, byte[] record) {
    byte[] name = key.getBytes(StandardCharsets.UTF_8);
    ByteBuffer frame = ByteBuffer.allocate(8 + name.length + record.length).order(ByteOrder.LITTLE_ENDIAN);
    frame.put(MODEL).put((byte) 0).putShort((short) 0).putInt(name.length).put(name).put(record);
    return frame.array();
  }
}
