import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.streaming.api.operators.KeyContext;

/**
 * The keyed state of Identity: one map for each shard of ids. A place in it is a letter, which says what is there, and an
 * id. One map and not several, because each costs files of its own at every checkpoint.
 */
public class IdentityState {
  public static final String VISITOR = "v"; // by anonymous id: a Visitor
  public static final String PAYLOAD = "p"; // by slot and anonymous id: an event that is kept
  public static final String NEWEST = "n"; // by user: the newest id of this shard that is linked to them
  public static final String KNOWN = "k"; // by user: when they were erased, see KnownUsers

  private final KeyContext keys;
  private final MapState map;
  private final int shards;
  private int shard = -1;

  public IdentityState(KeyContext keys, MapState map, int shards) {
    this.keys = keys;
    this.map = map;
    this.shards = shards;
  }

  /** Goes to the shard of an id: what follows is read and written there. */
  public void enter(String id) { enter((id.hashCode() & 0x7fffffff) % shards); }

  public void enter(int wanted) {
    if (wanted == shard) return;
    keys.setCurrentKey(new Integer(wanted));
    shard = wanted;
  }

  /** Takes in where a timer is: Flink goes there by itself. */
  public void entered(Object key) { shard = ((Integer) key).intValue(); }

  public byte[] get(String what, String id) throws Exception { return (byte[]) map.get(what + id); }

  public void put(String what, String id, byte[] content) throws Exception { map.put(what + id, content); }

  public void remove(String what, String id) throws Exception { map.remove(what + id); }

  public String getText(String what, String id) throws Exception {
    byte[] content = get(what, id);
    return content == null ? null : new String(content, StandardCharsets.UTF_8);
  }

  public void putText(String what, String id, String text) throws Exception {
    put(what, id, text.getBytes(StandardCharsets.UTF_8));
  }
}
