import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import uk.co.real_logic.sbe.ir.Ir;
import uk.co.real_logic.sbe.json.JsonPrinter;
import uk.co.real_logic.sbe.xml.IrGenerator;
import uk.co.real_logic.sbe.xml.ParserOptions;
import uk.co.real_logic.sbe.xml.XmlSchemaParser;

/** Reads SBE messages, one a line in hexadecimal, by the schema of its argument; each becomes a line of JSON. */
public final class SbeReader {
  public static void main(String[] args) throws Exception {
    byte[] schema = Files.readAllBytes(Path.of(args[0]));
    ParserOptions options = ParserOptions.builder().stopOnError(true).build();
    Ir ir = new IrGenerator().generate(XmlSchemaParser.parse(new ByteArrayInputStream(schema), options));
    JsonPrinter printer = new JsonPrinter(ir);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      StringBuilder out = new StringBuilder();
      printer.print(ByteBuffer.wrap(HexFormat.of().parseHex(line)), out);
      System.out.println(out.toString().replaceAll("\\s*\n\\s*", " "));
    }
  }
}
