/** Times as producers send them to milliseconds since the epoch; it must agree with livesegments.core.times. */
public class EventTime {
  /** What stands for no time at all: null, or an empty text. */
  public static final long NONE = EventReader.NO_TIME;
  /** What stands for something that is no time. */
  public static final long WRONG = EventReader.NO_TIME + 1L;
  private static final long DAY_MS = 86400000L;
  private static final long TIME_MAX_MS = 4133980800000L; // 2101-01-01, exclusive
  private static final double SECONDS_BELOW = 1e11;
  private static final double MILLISECONDS_BELOW = 1e14;
  private static final double MICROSECONDS_BELOW = 1e17;
  private static final double NANOSECONDS_BELOW = 1e20;

  private final String text;
  private int at;
  private long time;

  private EventTime(String text) { this.text = text; }

  /** True for a time from 1970 to 2100. */
  public static boolean isInRange(long timeMs) { return timeMs >= 0L && timeMs < TIME_MAX_MS; }

  /** Seconds below 1e11, milliseconds below 1e14, then micro- and nanoseconds; WRONG when it is out of all bounds. */
  public static long ofNumber(double number) {
    double size = Math.abs(number);
    double unit = size < SECONDS_BELOW ? 1e6 : size < MILLISECONDS_BELOW ? 1e3 : 1.0;
    if (!(size < NANOSECONDS_BELOW)) return WRONG;
    double microseconds = size < MICROSECONDS_BELOW ? number * unit : number / 1e3;
    return Math.floorDiv((long) Math.rint(microseconds), 1000L);
  }

  /** ISO 8601, or a number as a text; the range is not checked. */
  public static long ofText(String given) {
    String text = stripped(given);
    if (text.length() == 0) return NONE;
    EventTime reading = new EventTime(text);
    if (reading.readExtended()) return reading.time;
    reading = new EventTime(text);
    if (reading.readBasic()) return reading.time;
    return isNumber(text) ? ofNumber(Double.parseDouble(text)) : WRONG;
  }

  private static String stripped(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isSpace(text.charAt(from))) from++;
    while (to > from && isSpace(text.charAt(to - 1))) to--;
    return text.substring(from, to);
  }

  private static boolean isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  /** 2024-03-01T10:00:00.000Z; month, day and hour may have one digit, and the date may stand alone, also with `/`. */
  private boolean readExtended() {
    int year = digits(4, 4);
    boolean slashes = take('/');
    if (year < 0 || !slashes && !take('-')) return false;
    int month = digits(1, 2);
    if (month < 0 || !take(slashes ? '/' : '-')) return false;
    int day = digits(1, 2);
    if (day < 0 || !addDate(year, month, day)) return false;
    if (isAtEnd()) return true;
    if (!take('T') && !take('t') && !take(' ')) return false;
    int hour = digits(1, 2);
    if (hour < 0 || !take(':')) return false;
    int minute = digits(2, 2);
    if (minute < 0) return false;
    int second = 0;
    if (take(':')) {
      second = digits(2, 2);
      if (second < 0 || !addFraction()) return false;
    }
    return addClock(hour, minute, second) && addZone();
  }

  /** 20240301T100000Z. */
  private boolean readBasic() {
    int year = digits(4, 4);
    int month = digits(2, 2);
    int day = digits(2, 2);
    if (year < 0 || month < 0 || day < 0 || !addDate(year, month, day)) return false;
    if (!take('T') && !take('t')) return false;
    int hour = digits(2, 2);
    int minute = digits(2, 2);
    if (hour < 0 || minute < 0) return false;
    int second = 0;
    if (!isAtEnd() && isDigit(text.charAt(at))) {
      second = digits(2, 2);
      if (second < 0 || !addFraction()) return false;
    }
    return addClock(hour, minute, second) && addZone();
  }

  private boolean addDate(int year, int month, int day) {
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return false;
    time = daysFromEpoch(year, month, day) * DAY_MS;
    return true;
  }

  private boolean addClock(int hour, int minute, int second) {
    boolean isEndOfDay = hour == 24 && minute == 0 && second == 0 && time % DAY_MS == 0L; // a fraction is in it
    if (hour > 23 && !isEndOfDay || minute > 59 || second > 60) return false;
    time += hour * 3600000L + minute * 60000L + second * 1000L;
    return true;
  }

  private boolean addFraction() {
    if (!take('.') && !take(',')) return true;
    int from = at;
    while (!isAtEnd() && isDigit(text.charAt(at))) at++;
    if (at == from) return false;
    int scale = 100;
    for (int i = from; i < at && i < from + 3; i++) {
      time += scale * (text.charAt(i) - '0');
      scale /= 10;
    }
    return true;
  }

  /** Z, UTC, GMT, +01:00, +0100, +01 or nothing, then a region or none, then the end. */
  private boolean addZone() {
    if (isAtEnd()) return true;
    if (takeAll(":Z")) return isRegion();
    take(' ');
    if (take('Z') || take('z') || takeAll("UTC") || takeAll("GMT")) return isRegion();
    boolean east = take('+');
    if (!east && !take('-')) return false;
    int hours = digits(2, 2);
    int minutes = 0;
    if (hours >= 0 && !isAtEnd() && (text.charAt(at) == ':' || isDigit(text.charAt(at)))) {
      take(':');
      minutes = digits(2, 2);
    }
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
    if (take(' ')) {
      int letters = passZoneLetters();
      if (letters < 3 || letters > 5) return false;
    }
    long shift = hours * 3600000L + minutes * 60000L;
    time += east ? -shift : shift;
    return isRegion();
  }

  /** [Europe/Berlin] or nothing, then the end. */
  private boolean isRegion() {
    if (isAtEnd()) return true;
    if (!take('[')) return false;
    int from = at;
    while (!isAtEnd() && isRegionSign(text.charAt(at))) at++;
    return at > from && take(']') && isAtEnd();
  }

  private static boolean isRegionSign(char c) {
    return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || isDigit(c) || "_+/-".indexOf(c) >= 0;
  }

  private int passZoneLetters() {
    int from = at;
    while (!isAtEnd() && text.charAt(at) >= 'A' && text.charAt(at) <= 'Z') at++;
    return at - from;
  }

  private boolean takeAll(String word) {
    if (!text.startsWith(word, at)) return false;
    at += word.length();
    return true;
  }

  private boolean isAtEnd() { return at >= text.length(); }

  private boolean take(char c) {
    if (isAtEnd() || text.charAt(at) != c) return false;
    at++;
    return true;
  }

  /** The number that the next digits are, at least and at most so many; -1 when there are fewer. */
  private int digits(int least, int most) {
    int value = 0;
    int count = 0;
    while (count < most && !isAtEnd() && isDigit(text.charAt(at))) {
      value = 10 * value + text.charAt(at) - '0';
      at++;
      count++;
    }
    return count < least ? -1 : value;
  }

  private static boolean isDigit(char c) { return c >= '0' && c <= '9'; }

  /** True for a text that is wholly a number of JSON. */
  static boolean isNumber(String text) {
    EventTime reading = new EventTime(text);
    reading.take('-');
    boolean zero = reading.take('0');
    if (!zero && reading.passDigits() == 0) return false;
    if (reading.take('.') && reading.passDigits() == 0) return false;
    if (reading.take('e') || reading.take('E')) {
      if (!reading.take('+')) reading.take('-');
      if (reading.passDigits() == 0) return false;
    }
    return reading.isAtEnd();
  }

  private int passDigits() {
    int from = at;
    while (!isAtEnd() && isDigit(text.charAt(at))) at++;
    return at - from;
  }

  private static int daysOf(int year, int month) {
    if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  }

  /** Hinnant, "chrono-compatible low-level date algorithms", days_from_civil. */
  private static long daysFromEpoch(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400;
    int yearOfEra = y - era * 400;
    int dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
    return era * 146097L + dayOfEra - 719468L;
  }
}
