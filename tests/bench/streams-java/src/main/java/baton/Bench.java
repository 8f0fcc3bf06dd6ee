package baton;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The work of the benchmarks (see contenders.py) on Kafka Streams' Processor API. */
public final class Bench {
  private static final int EVERY = number("EVERY");
  private static final int STATE_BYTES = number("STATE_BYTES");
  private static final int WRITES = number("WRITES");
  private static final int OUTPUTS = number("OUTPUTS");
  private static final int OUTPUT_BYTES = number("OUTPUT_BYTES");
  private static final byte[] POOL = new byte[1 << 20];

  /** Holds every key of the count; by default it would be 10 MiB. */
  private static final long CACHE_BYTES = 64 << 20;

  /** By default it would be 16 KiB, which holds large outputs back; librdkafka's is 1 MB. */
  private static final int BATCH_BYTES = 256 << 10;

  static {
    new Random(11).nextBytes(POOL);
  }

  public static void main(String[] arguments) {
    Topology topology = new Topology();
    topology.addSource(
        "source", Serdes.Bytes().deserializer(), Serdes.ByteArray().deserializer(), text("SOURCE"));
    topology.addProcessor("count", Count::new, "source");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore("counts"), Serdes.Bytes(), Serdes.ByteArray())
            .withLoggingEnabled(Map.of())
            .withCachingEnabled(),
        "count");
    topology.addSink(
        "output",
        text("OUTPUT"),
        Serdes.Bytes().serializer(),
        Serdes.ByteArray().serializer(),
        "count");

    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, text("GROUP"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, text("BOOTSTRAP"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, text("DATA"));
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, number("THREADS"));
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, CACHE_BYTES);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), BATCH_BYTES);
    KafkaStreams streams = new KafkaStreams(topology, settings);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }

  private static final class Count implements Processor<Bytes, byte[], Bytes, byte[]> {
    private ProcessorContext<Bytes, byte[]> context;
    private KeyValueStore<Bytes, byte[]> store;

    @Override
    public void init(ProcessorContext<Bytes, byte[]> context) {
      this.context = context;
      this.store = context.getStateStore("counts");
    }

    @Override
    public void process(Record<Bytes, byte[]> record) {
      byte[] key = record.key().get();
      byte[] found = store.get(stateKey(key, 0));
      long count = found == null ? 1 : ByteBuffer.wrap(found).getLong() + 1;
      byte[] state = state(key, count);
      for (int number = 0; number < WRITES; number++) {
        store.put(stateKey(key, number), state);
      }
      if (count % EVERY == 0) {
        for (int number = 0; number < OUTPUTS; number++) {
          context.forward(record.withValue(output(record.value(), count)).withHeaders(headers()));
        }
      }
    }

    private static Bytes stateKey(byte[] key, int number) {
      byte[] made = Arrays.copyOf(key, key.length + 1);
      made[key.length] = (byte) number;
      return Bytes.wrap(made);
    }

    private static byte[] state(byte[] key, long count) {
      ByteBuffer state = ByteBuffer.allocate(STATE_BYTES).putLong(count);
      int padding = STATE_BYTES - 8;
      if (padding > 0) {
        int start = Math.floorMod(Arrays.hashCode(key) + count, POOL.length - padding);
        state.put(POOL, start, padding);
      }
      return state.array();
    }

    private static byte[] output(byte[] value, long count) {
      int length = Math.min(OUTPUT_BYTES, value.length);
      return ByteBuffer.allocate(8 + length).putLong(count).put(value, 0, length).array();
    }

    private static Headers headers() {
      Headers headers = new RecordHeaders();
      if (OUTPUTS > 1) {
        headers.add("source", "bench".getBytes()).add("kind", "count".getBytes());
      }
      return headers;
    }
  }

  private static String text(String name) {
    return System.getenv(name);
  }

  private static int number(String name) {
    return Integer.parseInt(text(name));
  }
}
