// jsonata-jvm-compiler, which makes a Java class of an expression: JvmCompiler BENCH_JSON DOCUMENTS.
import com.fasterxml.jackson.databind.JsonNode;
import org.json_kula.jsonata_jvm.JsonataExpression;
import org.json_kula.jsonata_jvm.JsonataExpressionFactory;

final class JvmCompiler {
  public static void main(String[] arguments) throws Exception {
    JsonataExpressionFactory factory = new JsonataExpressionFactory();
    Bench.main("jvm-compiler", (expression, document) -> {
      JsonNode data = Bench.MAPPER.readTree(document);
      JsonataExpression compiled = factory.compile(expression);
      return () -> compiled.evaluate(data);
    }, arguments);
  }
}
