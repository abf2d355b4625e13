import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactoryBuilder;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.StreamReadConstraints;

/**
 * Reads user, time and whether the Python decode() will accept an event, in one pass over its bytes.
 * It must agree with livesegments.core.events; tests/flink/test_event_reader.py compares the two.
 */
public class EventReader {
  public static final long NO_TIME = Long.MIN_VALUE;
  private static final int BYTES_MAX = 32 * 1024;
  private static final int NESTING_MAX = 64;
  private static final int DIGITS_MAX = 4300;
  private static final String[] NUMBERS = {"revenue", "total", "price", "quantity"};

  /** The user's id, or null when it cannot be read. */
  public String user;
  /** The payload's timestamp, or NO_TIME when it cannot be read. */
  public long timeMs;
  /** True when decode() gives an event. */
  public boolean accepted;
  /** True when the event is accepted and counted as ignored. */
  public boolean ignored;

  private final JsonFactory factory;
  private final CharsetDecoder utf8;
  private boolean valid;
  private String type;
  private String event;
  private String userId;
  private String anonymousId;
  private boolean hasMessageId;
  private boolean hasTraits;
  private boolean[] wrongNumbers = new boolean[NUMBERS.length];
  private boolean wrongProducts;

  public EventReader() {
    StreamReadConstraints limits = StreamReadConstraints.builder()
        .maxNumberLength(BYTES_MAX).maxNameLength(BYTES_MAX).maxStringLength(BYTES_MAX).build();
    JsonFactoryBuilder builder = new JsonFactoryBuilder();
    builder.streamReadConstraints(limits);
    builder.configure(JsonFactory.Feature.INTERN_FIELD_NAMES, false);
    builder.configure(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW, false);
    factory = builder.build();
    utf8 = StandardCharsets.UTF_8.newDecoder();
    utf8.onMalformedInput(CodingErrorAction.REPORT);
    utf8.onUnmappableCharacter(CodingErrorAction.REPORT);
  }

  /** Reads one payload into the public fields. */
  public void read(byte[] payload) throws Exception {
    clear();
    if (payload.length > BYTES_MAX || !isText(payload)) return;
    JsonParser parser = factory.createParser(payload);
    try {
      readMessage(parser);
    } catch (JsonProcessingException notJson) {
      clear();
      return;
    } finally {
      parser.close();
    }
    user = userId != null ? userId : anonymousId;
    accepted = valid && isComplete();
    ignored = accepted && type.equals("alias");
  }

  /** True for a line of white space, which is no event. */
  public static boolean isBlank(byte[] payload) {
    for (int i = 0; i < payload.length; i++) {
      byte c = payload[i];
      if (c != ' ' && (c < 9 || c > 13)) return false;
    }
    return true;
  }

  private void clear() {
    user = null;
    timeMs = NO_TIME;
    accepted = false;
    ignored = false;
    valid = true;
    type = null;
    event = null;
    userId = null;
    anonymousId = null;
    hasMessageId = false;
    hasTraits = false;
    clearProperties();
  }

  private void clearProperties() {
    for (int i = 0; i < NUMBERS.length; i++) wrongNumbers[i] = false;
    wrongProducts = false;
  }

  /** Jackson would take UTF-16, a byte order mark and CESU-8; we take UTF-8 alone. */
  private boolean isText(byte[] payload) {
    boolean ascii = true;
    for (int i = 0; i < payload.length; i++) {
      if (payload[i] == 0) return false;
      if (payload[i] < 0) ascii = false;
    }
    if (ascii) return true;
    if (payload[0] == (byte) 0xEF) return false;
    try {
      utf8.decode(ByteBuffer.wrap(payload));
      return true;
    } catch (CharacterCodingException malformed) {
      return false;
    }
  }

  private void readMessage(JsonParser parser) throws Exception {
    JsonToken token = parser.nextToken();
    if (token != JsonToken.START_OBJECT) {
      valid = false;
      walk(parser, token, 1, false);
    } else {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        checkSurrogates(name);
        readField(name, parser, parser.nextToken());
      }
    }
    if (parser.nextToken() != null) valid = false;
  }

  private void readField(String name, JsonParser parser, JsonToken token) throws Exception {
    if (name.equals("type")) {
      type = readText(parser, token, 1, 100, true);
      if (type == null || !isType(type)) valid = false;
    } else if (name.equals("messageId")) {
      hasMessageId = readText(parser, token, 1, 100, true) != null;
    } else if (name.equals("timestamp")) {
      String text = readText(parser, token, 0, BYTES_MAX, true);
      timeMs = text == null ? NO_TIME : EventTime.parse(text);
    } else if (name.equals("userId")) {
      userId = readText(parser, token, 1, 256, false);
    } else if (name.equals("anonymousId")) {
      anonymousId = readText(parser, token, 1, 256, false);
    } else if (name.equals("event")) {
      event = readText(parser, token, 0, BYTES_MAX, false);
    } else if (name.equals("properties")) {
      readProperties(parser, token);
    } else if (name.equals("traits")) {
      hasTraits = readObject(parser, token);
    } else if (name.equals("context")) {
      readObject(parser, token);
    } else {
      // decode() overwrites these two fields of its own, but reads them first
      walk(parser, token, 2, name.equals("_user_id") || name.equals("_time_ms"));
    }
  }

  private String readText(JsonParser parser, JsonToken token, int least, int most, boolean needed) throws Exception {
    if (token != JsonToken.VALUE_STRING) {
      if (needed || token != JsonToken.VALUE_NULL) valid = false;
      walk(parser, token, 2, false);
      return null;
    }
    String text = parser.getText();
    checkSurrogates(text);
    int length = text.length() > most ? text.codePointCount(0, text.length()) : text.length();
    if (length < least || length > most) valid = false;
    return text;
  }

  private boolean readObject(JsonParser parser, JsonToken token) throws Exception {
    if (token != JsonToken.START_OBJECT && token != JsonToken.VALUE_NULL) valid = false;
    walk(parser, token, 2, true);
    return token == JsonToken.START_OBJECT;
  }

  private void readProperties(JsonParser parser, JsonToken token) throws Exception {
    clearProperties();
    if (token != JsonToken.START_OBJECT) {
      readObject(parser, token);
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      checkSurrogates(name);
      JsonToken value = parser.nextToken();
      for (int i = 0; i < NUMBERS.length; i++) {
        if (name.equals(NUMBERS[i])) wrongNumbers[i] = !value.isNumeric() && value != JsonToken.VALUE_NULL;
      }
      if (name.equals("products")) readProducts(parser, value);
      else walk(parser, value, 3, true);
    }
  }

  private void readProducts(JsonParser parser, JsonToken token) throws Exception {
    wrongProducts = token != JsonToken.START_ARRAY && token != JsonToken.VALUE_NULL;
    if (token != JsonToken.START_ARRAY) {
      walk(parser, token, 3, true);
      return;
    }
    JsonToken item = parser.nextToken();
    while (item != JsonToken.END_ARRAY) {
      if (item != JsonToken.START_OBJECT) wrongProducts = true;
      walk(parser, item, 4, true);
      item = parser.nextToken();
    }
  }

  /** Passes over one value at a depth; what decode() keeps must also be representable. */
  private void walk(JsonParser parser, JsonToken token, int depth, boolean kept) throws Exception {
    int open = 0;
    while (true) {
      if (token == null) return;
      if (token.isStructStart()) {
        open++;
        if (depth + open - 1 > NESTING_MAX) valid = false;
      } else if (token.isStructEnd()) {
        open--;
      } else if (token.isNumeric()) {
        if (kept) checkNumber(parser, token);
      } else if (token == JsonToken.VALUE_STRING || token == JsonToken.FIELD_NAME) {
        checkSurrogates(parser.getText());
      }
      if (open == 0) return;
      token = parser.nextToken();
    }
  }

  /** What does not fit into a double, or is longer than Python reads integers, is refused where it is kept. */
  private void checkNumber(JsonParser parser, JsonToken token) throws Exception {
    if (token == JsonToken.VALUE_NUMBER_INT ? parser.getTextLength() > DIGITS_MAX
        : Double.isInfinite(parser.getDoubleValue())) valid = false;
  }

  private void checkSurrogates(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0xD800 || c > 0xDFFF) continue;
      if (c > 0xDBFF || i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1))) {
        valid = false;
        return;
      }
      i++;
    }
  }

  private static boolean isType(String type) {
    return type.equals("track") || type.equals("identify") || type.equals("page") || type.equals("screen")
        || type.equals("group") || type.equals("alias") || type.equals("erase");
  }

  private boolean isComplete() {
    if (type == null || !hasMessageId || timeMs == NO_TIME || user == null || wrongProducts) return false;
    for (int i = 0; i < NUMBERS.length; i++) if (wrongNumbers[i]) return false;
    if (type.equals("track") && (event == null || event.length() == 0)) return false;
    return hasTraits || !type.equals("identify");
  }
}
