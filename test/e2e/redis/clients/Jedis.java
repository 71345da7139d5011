import java.util.Set;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.JedisSentineled;
import redis.clients.jedis.UnifiedJedis;

/** An application with Jedis. */
public class Jedis {
  private static final int SILENCE = 3_000;
  private static final long EVERY = 100;
  private static final long AT_MOST = 1_800_000;

  public static void main(String[] arguments) {
    String database = System.getenv("DATABASE");
    JedisClientConfig account = times().user(System.getenv("USERNAME")).password(System.getenv("PASSWORD")).build();
    Set<HostAndPort> sentinels = Set.of(new HostAndPort(database + "-sentinel", 26379));
    start("name", new JedisPooled(new HostAndPort(database, 6379), account));
    start("sentinel", new JedisSentineled(database, account, sentinels, times().build()));
  }

  private static DefaultJedisClientConfig.Builder times() {
    return DefaultJedisClientConfig.builder().timeoutMillis(SILENCE);
  }

  private static void start(String way, UnifiedJedis client) {
    new Thread(() -> keepWriting(way, client)).start();
  }

  private static void keepWriting(String way, UnifiedJedis client) {
    long end = System.currentTimeMillis() + AT_MOST;
    while (System.currentTimeMillis() < end) {
      String error = "";
      try {
        client.incr("count:" + way);
      } catch (RuntimeException thrown) {
        error = ",\"error\":\"" + thrown.toString().replaceAll("[^A-Za-z0-9 .:_-]", " ") + "\"";
      }
      System.out.println("{\"way\":\"" + way + "\",\"at\":" + System.currentTimeMillis() + error + "}");
      try {
        Thread.sleep(EVERY);
      } catch (InterruptedException stopped) {
        return;
      }
    }
  }
}
