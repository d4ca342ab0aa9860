// jsonata-java by Dashjoin, a port of the official engine: Dashjoin BENCH_JSON DOCUMENTS.
import com.dashjoin.jsonata.Jsonata;
import com.dashjoin.jsonata.json.Json;

final class Dashjoin {
  public static void main(String[] arguments) throws Exception {
    Bench.main("dashjoin", (expression, document) -> {
      Object data = Json.parseJson(document);
      Jsonata compiled = Jsonata.jsonata(expression);
      return () -> compiled.evaluate(data);
    }, arguments);
  }
}
