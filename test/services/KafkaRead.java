import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Utils;

/** Reads a topic as Java's client does, committed records only: partition, Java's partition of the key, key, value in turn. */
public class KafkaRead {
  public static void main(String[] words) {
    Map<String, Object> settings = Map.of("bootstrap.servers", words[0], "isolation.level", "read_committed");
    try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      var partitions = consumer.partitionsFor(words[1]).stream()
          .map(p -> new TopicPartition(p.topic(), p.partition())).collect(Collectors.toList());
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      var out = new StringBuilder();
      while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          int expected = Utils.toPositive(Utils.murmur2(record.key())) % partitions.size();
          out.append(record.partition()).append(' ').append(expected).append(' ').append(new String(record.key())).append('\n');
          out.append(new String(record.value())).append('\n');
        }
        System.out.print(out);
        out.setLength(0);
      }
    }
  }
}
