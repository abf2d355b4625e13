import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.java.tuple.Tuple2;

/** The newest versions of each model, as (key, record) of segment_models; the oldest above the limit are dropped. */
public class KeptModels {
  private final int most;
  private final Map records = new LinkedHashMap(); // by key: an ArrayDeque, the oldest first

  public KeptModels(int most) { this.most = most; }

  /** Reads rows of segment_models, as Python wrote them. How good a model is decides nothing, and is left out. */
  public static List read(byte[] rows) {
    List versions = new ArrayList();
    ByteBuffer in = ByteBuffer.wrap(rows).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      in.getShort(); // table and kind: the learner writes no others
      byte[] name = new byte[in.getInt()];
      byte[] record = new byte[in.getInt()];
      in.get(name);
      in.get(record);
      String key = new String(name, StandardCharsets.UTF_8);
      if (!key.endsWith("/quality")) versions.add(new Tuple2(key, record));
    }
    return versions;
  }

  public void keep(Tuple2 version) {
    ArrayDeque ofKey = (ArrayDeque) records.get(version.f0);
    if (ofKey == null) records.put(version.f0, ofKey = new ArrayDeque());
    ofKey.addLast(version);
    if (ofKey.size() > most) ofKey.removeFirst();
  }

  /** Gives all, the oldest of a key first. */
  public List all() {
    List all = new ArrayList();
    Iterator keys = records.values().iterator();
    while (keys.hasNext()) all.addAll((ArrayDeque) keys.next());
    return all;
  }

  public void clear() { records.clear(); }
}
