import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/** The sample of users that models learn from; sample.py takes the same users. */
public class Sample {
  private static final long SHARE_MAX = 1000L;

  private final int perMille;

  public Sample(int perMille) { this.perMille = perMille; }

  /** True for so many in a thousand users, by another hash than that of the shards. */
  public boolean takes(String user) {
    if (perMille >= SHARE_MAX) return true;
    CRC32 crc = new CRC32();
    crc.update(user.getBytes(StandardCharsets.UTF_8));
    int h = (int) crc.getValue();
    h ^= h >>> 16;
    h *= 0x85ebca6b;
    h ^= h >>> 13;
    h *= 0xc2b2ae35;
    h ^= h >>> 16;
    return ((h & 0xffffffffL) * SHARE_MAX >>> 32) < perMille;
  }
}
