import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.Set;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactoryBuilder;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.StreamReadConstraints;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.json.JsonReadFeature;

/**
 * Reads user, time and whether the Python decode() will accept an event, in one pass over its bytes.
 * It must agree with livesegments.core.events; tests/flink/test_event_reader.py compares the two.
 * A field that stands twice counts as it stands last.
 */
public class EventReader {
  public static final long NO_TIME = Long.MIN_VALUE;
  private static final int BYTES_MAX = 32 * 1024;
  private static final int NESTING_MAX = 64;
  private static final int ID_LENGTH_MAX = 256;
  private static final double EXACT_MAX = 9007199254740992.0; // whole doubles below it are exact
  private static final long DAY_MS = 86400000L;
  private static final String TYPES = " identify track page screen group alias erase ";

  /** The greatest time that an event may have: set once for a bounded run, a day after its start. */
  public long latestMs = Long.MAX_VALUE;

  /** The user's id, or null when it cannot be read. */
  public String user;
  /** The event's time, or NO_TIME when it cannot be read, or is one of a clock that was wrong. */
  public long timeMs;
  public boolean lacksTime; // the event has no time of its own, so that the record's counts
  public boolean accepted; // decode() gives an event
  public boolean ignored; // the event is accepted and counted as ignored
  /** In small letters, or null. */
  public String type;
  /** The ids that the event has, or null; refused ones are left out. */
  public String userId;
  public String anonymousId;
  public String previousId;
  /** The messageId that the event has, or null; autoId() gives what stands for it then. */
  public String messageId;

  private final JsonFactory factory;
  private final CharsetDecoder utf8;
  private final Set refused = new HashSet();
  private boolean valid, isJson, hasName;
  private boolean wrong, wrongUserId, wrongAnonymousId, wrongPreviousId, wrongMessageId;
  private long timestampMs, originalMs, sentMs, receivedMs;

  public EventReader() {
    StreamReadConstraints limits = StreamReadConstraints.builder()
        .maxNumberLength(BYTES_MAX).maxNameLength(BYTES_MAX).maxStringLength(BYTES_MAX).build();
    JsonFactoryBuilder builder = new JsonFactoryBuilder();
    builder.streamReadConstraints(limits);
    builder.configure(JsonFactory.Feature.INTERN_FIELD_NAMES, false);
    builder.configure(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW, false);
    builder.enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS);
    factory = builder.build();
    utf8 = StandardCharsets.UTF_8.newDecoder();
    utf8.onMalformedInput(CodingErrorAction.REPORT);
    utf8.onUnmappableCharacter(CodingErrorAction.REPORT);
  }

  /** Lets an id count as none from now on (limits.refuse_users). */
  public void refuse(String id) { refused.add(id); }

  public boolean refuses(String id) { return refused.contains(id); }

  /** Reads one payload into the public fields. */
  public void read(byte[] payload) throws Exception { read(payload, NO_TIME); }

  /** Reads one payload; recordMs is the record's time, for events that have none, or NO_TIME. */
  public void read(byte[] payload, long recordMs) throws Exception {
    clear();
    int from = textStart(payload);
    if (payload.length > BYTES_MAX || !isText(payload, from)) return;
    JsonParser parser = factory.createParser(payload, from, payload.length - from);
    try {
      readMessage(parser);
    } catch (JsonProcessingException notJson) {
      isJson = false;
    } finally {
      parser.close();
    }
    if (isJson) decide(recordMs);
    else clear();
  }

  /** True for a line of white space, which is no event. */
  public static boolean isBlank(byte[] payload) {
    for (int i = 0; i < payload.length; i++) {
      byte c = payload[i];
      if (c != ' ' && (c < 9 || c > 13)) return false;
    }
    return true;
  }

  /** What stands for the messageId of an event without one; an exact copy has the same. */
  public static String autoId(byte[] payload) throws Exception {
    int from = textStart(payload);
    int to = payload.length;
    while (from < to && isSpace(payload[from])) from++;
    while (to > from && isSpace(payload[to - 1])) to--;
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(payload, from, to - from);
    byte[] hash = digest.digest();
    StringBuilder text = new StringBuilder("auto-");
    for (int i = 0; i < 16; i++) {
      text.append(Character.forDigit((hash[i] >> 4) & 15, 16)).append(Character.forDigit(hash[i] & 15, 16));
    }
    return text.toString();
  }

  private static boolean isSpace(byte c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  /** Behind the byte order mark that some tools put first. */
  private static int textStart(byte[] payload) {
    boolean marked = payload.length >= 3 && payload[0] == (byte) 0xEF && payload[1] == (byte) 0xBB && payload[2] == (byte) 0xBF;
    return marked ? 3 : 0;
  }

  private void clear() {
    timeMs = NO_TIME;
    accepted = ignored = hasName = lacksTime = false;
    valid = isJson = true;
    user = type = userId = anonymousId = previousId = messageId = null;
    wrongUserId = wrongAnonymousId = wrongPreviousId = wrongMessageId = false;
    timestampMs = originalMs = sentMs = receivedMs = EventTime.NONE;
  }

  /** Jackson would take UTF-16, a second byte order mark and CESU-8; we take UTF-8 alone. */
  private boolean isText(byte[] payload, int from) {
    boolean ascii = true;
    for (int i = from; i < payload.length; i++) {
      if (payload[i] == 0) return false;
      if (payload[i] < 0) ascii = false;
    }
    if (ascii) return true;
    if (payload[from] == (byte) 0xEF) return false;
    try {
      utf8.decode(ByteBuffer.wrap(payload, from, payload.length - from));
      return true;
    } catch (CharacterCodingException malformed) {
      return false;
    }
  }

  private void readMessage(JsonParser parser) throws Exception {
    JsonToken token = parser.nextToken();
    if (token != JsonToken.START_OBJECT) {
      valid = false;
      walk(parser, token, 1);
    } else {
      while (parser.nextToken() == JsonToken.FIELD_NAME) readField(parser.currentName(), parser, parser.nextToken());
    }
    if (parser.nextToken() != null) isJson = false;
  }

  private void readField(String name, JsonParser parser, JsonToken token) throws Exception {
    if (name.equals("type")) {
      type = typeOf(readText(parser, token));
    } else if (name.equals("event")) {
      String text = readText(parser, token);
      hasName = text != null && text.length() > 0;
    } else if (name.equals("userId")) {
      userId = readId(parser, token);
      wrongUserId = wrong;
    } else if (name.equals("anonymousId")) {
      anonymousId = readId(parser, token);
      wrongAnonymousId = wrong;
    } else if (name.equals("previousId")) {
      previousId = readId(parser, token);
      wrongPreviousId = wrong;
    } else if (name.equals("messageId")) {
      messageId = readId(parser, token);
      wrongMessageId = wrong;
    } else if (name.equals("timestamp")) {
      timestampMs = readTime(parser, token);
    } else if (name.equals("originalTimestamp")) {
      originalMs = readTime(parser, token);
    } else if (name.equals("sentAt")) {
      sentMs = readTime(parser, token);
    } else if (name.equals("receivedAt")) {
      receivedMs = readTime(parser, token);
    } else {
      walk(parser, token, 2);
    }
  }

  /** A text; null for none, and for one with half a surrogate pair; `wrong` says that it is something else. */
  private String readText(JsonParser parser, JsonToken token) throws Exception {
    wrong = false;
    if (token == JsonToken.VALUE_STRING) {
      String text = parser.getText();
      return isWhole(text) ? text : null;
    }
    wrong = token != JsonToken.VALUE_NULL && !isOutOfNumbers(parser, token);
    walk(parser, token, 2);
    return null;
  }

  /** An id as a text; a whole number is its decimal text; null for none; `wrong` says that it is something else. */
  private String readId(JsonParser parser, JsonToken token) throws Exception {
    String id = null;
    if (token == JsonToken.VALUE_NUMBER_INT) {
      id = parser.getText();
      if (id.equals("-0")) id = "0";
    } else if (token == JsonToken.VALUE_NUMBER_FLOAT && !isOutOfNumbers(parser, token)) {
      double number = Double.parseDouble(parser.getText());
      if (number == Math.rint(number) && Math.abs(number) < EXACT_MAX) id = Long.toString((long) number);
    }
    if (id == null) id = readText(parser, token);
    else wrong = false;
    if (id == null || id.length() == 0) return null;
    if (id.length() > ID_LENGTH_MAX && id.codePointCount(0, id.length()) > ID_LENGTH_MAX) wrong = true;
    return id;
  }

  private long readTime(JsonParser parser, JsonToken token) throws Exception {
    if (token.isNumeric() && !isOutOfNumbers(parser, token)) {
      return EventTime.ofNumber(Double.parseDouble(parser.getText()));
    }
    String text = readText(parser, token);
    if (wrong) return EventTime.WRONG;
    return text == null ? EventTime.NONE : EventTime.ofText(text);
  }

  /** NaN, Infinity and what is beyond a double count as absent; what Jackson takes beside them is no JSON. */
  private boolean isOutOfNumbers(JsonParser parser, JsonToken token) throws Exception {
    if (token != JsonToken.VALUE_NUMBER_FLOAT) return false;
    if (!parser.isNaN()) return Double.isInfinite(Double.parseDouble(parser.getText()));
    checkConstant(parser.getText());
    return true;
  }

  private void checkConstant(String text) {
    if (!text.equals("NaN") && !text.equals("Infinity") && !text.equals("-Infinity")) isJson = false;
  }

  /** Passes over one value at a depth. */
  private void walk(JsonParser parser, JsonToken token, int depth) throws Exception {
    int open = 0;
    while (true) {
      if (token == null) return;
      if (token.isStructStart()) {
        open++;
        if (depth + open - 1 > NESTING_MAX) valid = false;
      } else if (token.isStructEnd()) {
        open--;
      } else if (token == JsonToken.VALUE_NUMBER_FLOAT && parser.isNaN()) {
        checkConstant(parser.getText());
      }
      if (open == 0) return;
      token = parser.nextToken();
    }
  }

  /** True when a text has no half of a surrogate pair. */
  private static boolean isWhole(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0xD800 || c > 0xDFFF) continue;
      if (c > 0xDBFF || i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1))) return false;
      i++;
    }
    return true;
  }

  /** The type in small letters, null when it is none of ours. */
  private static String typeOf(String text) {
    if (text == null || text.indexOf(' ') >= 0) return null;
    StringBuilder small = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      small.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
    }
    String type = small.toString();
    return type.length() > 0 && TYPES.indexOf(" " + type + " ") >= 0 ? type : null;
  }

  private void decide(long recordMs) {
    if (userId != null && (wrongUserId || refused.contains(userId))) userId = null;
    if (anonymousId != null && (wrongAnonymousId || refused.contains(anonymousId))) anonymousId = null;
    if (previousId != null && (wrongPreviousId || refused.contains(previousId))) previousId = null;
    user = userId != null ? userId : anonymousId;
    timeMs = decideTime(recordMs);
    accepted = valid && type != null && timeMs != NO_TIME && user != null && areFieldsRight();
    ignored = accepted && type.equals("alias");
  }

  private boolean areFieldsRight() {
    if (wrongUserId || wrongAnonymousId || wrongMessageId) return false;
    if (type.equals("track")) return hasName;
    return !(wrongPreviousId && type.equals("alias"));
  }

  /** The first of the four that is there, corrected as Segment does; see time_of in core/reading.py. */
  private long decideTime(long recordMs) {
    long time = timestampMs;
    if (time == EventTime.NONE) {
      time = originalMs;
      if (isTime(originalMs) && isTime(sentMs) && EventTime.isInRange(receivedMs)) time += receivedMs - sentMs;
      if (time == EventTime.NONE) time = sentMs;
      if (time == EventTime.NONE) time = receivedMs;
      lacksTime = time == EventTime.NONE;
      if (lacksTime) time = recordMs;
    }
    if (!isTime(time) || !EventTime.isInRange(time) || time > latestMs) return NO_TIME;
    return EventTime.isInRange(receivedMs) && time > receivedMs + DAY_MS ? NO_TIME : time;
  }

  private static boolean isTime(long time) { return time != EventTime.NONE && time != EventTime.WRONG; }
}
