/** RFC 3339 to milliseconds since the epoch; digits below the millisecond are cut. */
public class EventTime {
  private static final long DAY_MS = 86400000L;
  private static final long TIME_MAX_MS = 4133980800000L; // 2101-01-01, exclusive

  /** Gives the time of a text, or EventReader.NO_TIME when it is none, or is outside 1970 to 2100. */
  public static long parse(String text) {
    int length = text.length();
    if (length < 20 || text.charAt(4) != '-' || text.charAt(7) != '-' || text.charAt(13) != ':'
        || text.charAt(16) != ':' || "Tt ".indexOf(text.charAt(10)) < 0) return EventReader.NO_TIME;
    int year = digits(text, 0, 4);
    int month = digits(text, 5, 2);
    int day = digits(text, 8, 2);
    int hour = digits(text, 11, 2);
    int minute = digits(text, 14, 2);
    int second = digits(text, 17, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)
        || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return EventReader.NO_TIME;
    int at = 19;
    int millisecond = 0;
    if (text.charAt(at) == '.') {
      int end = at + 1;
      while (end < length && isDigit(text.charAt(end))) end++;
      if (end == at + 1 || end == length) return EventReader.NO_TIME;
      for (int i = 1; i <= 3; i++) millisecond = 10 * millisecond + (at + i < end ? text.charAt(at + i) - '0' : 0);
      at = end;
    }
    int offset = offsetMinutes(text, at);
    if (offset == Integer.MIN_VALUE) return EventReader.NO_TIME;
    long time = daysFromEpoch(year, month, day) * DAY_MS + hour * 3600000L + (minute - offset) * 60000L
        + second * 1000L + millisecond;
    return time < 0 || time >= TIME_MAX_MS ? EventReader.NO_TIME : time;
  }

  private static int offsetMinutes(String text, int at) {
    char sign = text.charAt(at);
    if (sign == 'Z' || sign == 'z') return text.length() == at + 1 ? 0 : Integer.MIN_VALUE;
    if ((sign != '+' && sign != '-') || text.length() != at + 6 || text.charAt(at + 3) != ':') return Integer.MIN_VALUE;
    int hours = digits(text, at + 1, 2);
    int minutes = digits(text, at + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Integer.MIN_VALUE;
    return sign == '+' ? hours * 60 + minutes : -(hours * 60 + minutes);
  }

  private static boolean isDigit(char c) { return c >= '0' && c <= '9'; }

  private static int digits(String text, int from, int count) {
    int value = 0;
    for (int i = from; i < from + count; i++) {
      if (!isDigit(text.charAt(i))) return -1;
      value = 10 * value + text.charAt(i) - '0';
    }
    return value;
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
