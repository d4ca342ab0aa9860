// What the peers on the JVM share: the cases, the clock and the output. One JSON line a case, with the time and the
// result of an evaluation after it, or with "error".
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

final class Bench {
  interface Evaluation {
    Object run() throws Exception;
  }

  /** Makes an evaluation of an expression on a document, which is parsed and compiled here. */
  interface Peer {
    Evaluation prepare(String expression, String document) throws Exception;
  }

  private static final double BATCH_NS = 0.12e9;
  // The just-in-time compiler wants longer than others to get warm.
  private static final double WARM_NS = 1.5e9;
  // A recursive evaluator gets the room that it may want.
  private static final long STACK_BYTES = 1L << 30;

  static final ObjectMapper MAPPER = new ObjectMapper();
  private static volatile Object sink;

  static void main(String name, Peer peer, String[] arguments) throws Exception {
    Thread thread = new Thread(null, () -> {
      try {
        for (JsonNode test : MAPPER.readTree(Path.of(arguments[0]).toFile()).get("cases")) {
          System.out.println(MAPPER.writeValueAsString(line(name, peer, test, arguments[1])));
        }
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
    }, name, STACK_BYTES);
    thread.start();
    thread.join();
  }

  private static ObjectNode line(String name, Peer peer, JsonNode test, String documents) {
    ObjectNode line = MAPPER.createObjectNode().put("peer", name).put("name", test.get("name").asText());
    try {
      String document = java.nio.file.Files.readString(Path.of(documents, test.get("data").asText() + ".json"));
      Evaluation evaluation = peer.prepare(test.get("expr").asText(), document);
      line.put("evaluateNs", measure(evaluation));
      line.set("result", MAPPER.valueToTree(evaluation.run()));
    } catch (Exception | StackOverflowError | OutOfMemoryError error) {
      line.remove("evaluateNs");
      line.put("error", String.valueOf(error));
    }
    return line;
  }

  private static double measure(Evaluation work) throws Exception {
    batch(work, WARM_NS);
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < 5; ++i) best = Math.min(best, batch(work, BATCH_NS));
    return best;
  }

  private static double batch(Evaluation work, double atLeastNs) throws Exception {
    long start = System.nanoTime();
    long rounds = 0;
    do {
      sink = work.run();
      ++rounds;
    } while (System.nanoTime() - start < atLeastNs);
    return (System.nanoTime() - start) / (double) rounds;
  }

  private Bench() {}
}
