import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.cassandra.config.Config;
import org.apache.cassandra.config.DataRateSpec;
import org.apache.cassandra.config.DataStorageSpec;
import org.apache.cassandra.config.DurationSpec;
import org.apache.cassandra.config.Properties;
import org.apache.cassandra.cql3.statements.schema.TableAttributes;
import org.apache.cassandra.db.ConsistencyLevel;
import org.yaml.snakeyaml.introspector.Property;

/**
 * Prints the settings of a server's file, by reflection over the class that it is read into: a line each with name, type, least, most,
 * unit, choices and default. Run by cassandra.ts beside it, as `java -cp 'JARS/*' cassandra.java`.
 */
class Settings {
  /** Classes that a setting names by the last part of their name, and the package that they are in. */
  private static final Map<String, String[]> CLASSES = Map.of(
    "commitlog_compression", compressors(),
    "hints_compression", compressors(),
    "default_compaction", new String[] {
      "org.apache.cassandra.db.compaction.", "SizeTieredCompactionStrategy", "LeveledCompactionStrategy",
      "TimeWindowCompactionStrategy", "UnifiedCompactionStrategy"});

  private static String[] compressors() {
    return new String[] {
      "org.apache.cassandra.io.compress.", "LZ4Compressor", "SnappyCompressor", "DeflateCompressor", "ZstdCompressor"};
  }

  public static void main(String[] arguments) throws Exception {
    Config config = new Config();
    Map<String, Property> properties = new TreeMap<>(Properties.defaultLoader().getProperties(Config.class));
    for (Map.Entry<String, Property> entry : properties.entrySet()) {
      System.out.println(line(entry.getKey(), entry.getValue(), entry.getValue().get(config)));
    }
  }

  private static String line(String name, Property property, Object value) throws Exception {
    Class<?> type = property.getType();
    if (type == boolean.class || type == Boolean.class) return row(name, "boolean", "", "", "", List.of(), value);
    if (type == int.class || type == Integer.class) {
      return row(name, "integer", "", String.valueOf(Integer.MAX_VALUE), "", List.of(), value);
    }
    if (type == long.class || type == Long.class) {
      return row(name, "integer", "", String.valueOf(Long.MAX_VALUE), "", List.of(), value);
    }
    if (type == double.class || type == Double.class || type == float.class || type == Float.class) {
      return row(name, "real", "", "", "", List.of(), value);
    }
    if (type.isEnum()) return row(name, "choice", "", "", "", names(type), value);
    String unit = unitOf(type);
    if (unit != null) return row(name, "integer", "0", mostOf(type), unit, List.of(), value);
    List<String> choices = choicesOf(name, property);
    if (choices.isEmpty()) return row(name, "text", "", "", "", choices, type == String.class ? value : null);
    return row(name, Collection.class.isAssignableFrom(type) ? "set" : "choice", "", "", "", choices, null);
  }

  /** The least unit that a value can have, in the server's words: its type is called by it. */
  private static String unitOf(Class<?> type) {
    Matcher bound = Pattern.compile("(?:Int|Long)(\\w+?)(?:PerSecond)?Bound").matcher(type.getSimpleName());
    if (!bound.matches()) return null;
    String word = bound.group(1);
    if (DataRateSpec.class.isAssignableFrom(type)) return "B/s";
    if (DataStorageSpec.class.isAssignableFrom(type)) {
      return Map.of("Bytes", "B", "Kibibytes", "KiB", "Mebibytes", "MiB").get(word);
    }
    if (!DurationSpec.class.isAssignableFrom(type)) return null;
    return Map.of("Nanoseconds", "ns", "Microseconds", "us", "Milliseconds", "ms", "Seconds", "s", "Minutes", "m").get(word);
  }

  /** A bound is named by the type, and cannot be reached itself. Rates are counted in fractions, and have none to tell. */
  private static String mostOf(Class<?> type) {
    if (DataRateSpec.class.isAssignableFrom(type)) return "";
    return String.valueOf((type.getSimpleName().startsWith("Int") ? Integer.MAX_VALUE : Long.MAX_VALUE) - 1);
  }

  /** What is not said by the type: classes, and what lists may be made of. */
  private static List<String> choicesOf(String name, Property property) throws Exception {
    String[] classes = CLASSES.get(name);
    if (classes != null) {
      List<String> known = Arrays.asList(classes).subList(1, classes.length);
      for (String one : known) Class.forName(classes[0] + one);
      return known;
    }
    if (name.startsWith("table_properties_")) return new ArrayList<>(TableAttributes.allKeywords()).stream().sorted().toList();
    Class<?>[] of = property.getActualTypeArguments();
    return of != null && of.length == 1 && of[0] == ConsistencyLevel.class ? names(ConsistencyLevel.class) : List.of();
  }

  private static List<String> names(Class<?> type) {
    return Arrays.stream(type.getEnumConstants()).map(one -> ((Enum<?>) one).name()).collect(Collectors.toList());
  }

  private static String row(
    String name, String type, String least, String most, String unit, List<String> choices, Object value) {
    String text = value == null ? "" : value instanceof Enum<?> one ? one.name() : String.format(Locale.ROOT, "%s", value);
    return String.join("\t", name, type, least, most, unit, String.join("|", choices), text);
  }
}
