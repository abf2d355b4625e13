import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;

/** The ids that came as userId, as core/identity/known.py has them; each in the shard of the id. */
public class KnownUsers {
  private static final int RECENT_MAX = 100000;

  private final IdentityState state;
  private final Set recent = new HashSet(); // known and not erased, so that few events read the state

  public KnownUsers(IdentityState state) { this.state = state; }

  /** Takes in that an id came as userId; true where that is new. An erased user is back with a later event. */
  public boolean add(String user, long timeMs) throws Exception {
    if (recent.contains(user)) return false;
    state.enter(user);
    byte[] mark = state.get(IdentityState.KNOWN, user);
    long erasedMs = mark == null ? Visitor.NO_TIME : timeOf(mark);
    if (erasedMs != Visitor.NO_TIME && timeMs <= erasedMs) return false;
    if (mark == null || erasedMs != Visitor.NO_TIME) put(user, Visitor.NO_TIME);
    if (recent.size() >= RECENT_MAX) recent.clear();
    recent.add(user);
    return mark == null;
  }

  /** True for the id of a known user; an erased one whose bar is over is forgotten. */
  public boolean has(String id, long nowMs) throws Exception {
    if (recent.contains(id)) return true;
    state.enter(id);
    byte[] mark = state.get(IdentityState.KNOWN, id);
    if (mark == null) return false;
    long erasedMs = timeOf(mark);
    if (erasedMs == Visitor.NO_TIME || nowMs < erasedMs + Visitor.BAR_KEPT_MS) return true;
    state.remove(IdentityState.KNOWN, id);
    return false;
  }

  /** Takes in that a known user was erased; gives when the id can be forgotten. */
  public long erase(String user, long timeMs) throws Exception {
    recent.remove(user);
    state.enter(user);
    byte[] mark = state.get(IdentityState.KNOWN, user);
    long erasedMs = mark == null ? timeMs : Math.max(timeMs, timeOf(mark));
    put(user, erasedMs);
    return erasedMs + Visitor.BAR_KEPT_MS;
  }

  private void put(String user, long erasedMs) throws Exception {
    state.put(IdentityState.KNOWN, user, ByteBuffer.allocate(8).putLong(erasedMs).array());
  }

  private static long timeOf(byte[] mark) { return ByteBuffer.wrap(mark).getLong(); }
}
