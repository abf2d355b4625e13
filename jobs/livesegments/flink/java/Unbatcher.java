import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.flink.streaming.api.graph.StreamConfig;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.streaming.runtime.tasks.StreamTask;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;

/**
 * Turns the frames that Python gives back into rows (table, user_key, payload); frames.py writes them.
 * Little endian, one after the other: table (1 byte), kind (1), key length (4), payload length (4), key, payload;
 * a length of -1 is null. It gives the rows of the wanted tables; as a changelog those of one, as upserts and deletes.
 */
public class Unbatcher extends AbstractStreamOperator implements OneInputStreamOperator {
  private static final byte DELETE = 1;

  private final Map options;
  private transient String[] tables;
  private transient boolean[] wanted;
  private transient boolean isChangelog;

  public Unbatcher(Object[] references, StreamTask task, StreamConfig config, Output output, ProcessingTimeService time)
      throws Exception {
    this.options = (Map) references[0];
    this.setup(task, config, output);
    this.setProcessingTimeService(time);
  }

  public void open() throws Exception {
    super.open();
    tables = ((String) options.get("tables")).split(" ");
    wanted = new boolean[tables.length];
    String list = " " + (String) options.get("wanted") + " ";
    for (int i = 0; i < tables.length; i++) wanted[i] = list.indexOf(" " + tables[i] + " ") >= 0;
    isChangelog = "1".equals(options.get("changelog"));
  }

  public void processElement(StreamRecord record) throws Exception {
    byte[] frame = (byte[]) record.getValue();
    ByteBuffer in = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      int table = in.get();
      byte kind = in.get();
      int keyLength = in.getInt();
      int payloadLength = in.getInt();
      if (!wanted[table]) {
        in.position(in.position() + Math.max(0, keyLength) + Math.max(0, payloadLength));
        continue;
      }
      byte[] text = take(in, keyLength);
      String key = text == null ? null : new String(text, StandardCharsets.UTF_8);
      byte[] payload = take(in, payloadLength);
      if (isChangelog) emitChange(kind == DELETE, key, payload);
      else emitAppend(table, key, payload);
    }
  }

  private static byte[] take(ByteBuffer in, int length) {
    if (length < 0) return null;
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private void emitAppend(int table, String key, byte[] payload) {
    Row row = new Row(3);
    row.setField(0, tables[table]);
    row.setField(1, key);
    row.setField(2, payload);
    output.collect(new StreamRecord(row));
  }

  private void emitChange(boolean isDelete, String key, byte[] payload) {
    Row row = new Row(isDelete ? RowKind.DELETE : RowKind.UPDATE_AFTER, 2);
    row.setField(0, key);
    row.setField(1, isDelete ? null : payload);
    output.collect(new StreamRecord(row));
  }
}
