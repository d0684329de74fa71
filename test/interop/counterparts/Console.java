import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A counterpart's conversation with its test: commands come in as lines, what happens goes out as lines. Each command is
 * answered by {@code done NAME} or {@code failed NAME: why}. The end of the input ends the process, so a test that dies
 * takes its counterparts along.
 */
final class Console {
    interface Command {
        void run(String[] words) throws Exception;
    }

    private Console() {}

    static void say(String format, Object... values) {
        String line = values.length == 0 ? format : String.format(format, values);
        synchronized (Console.class) {
            System.out.println(line);
            System.out.flush();
        }
    }

    static void serve(Map<String, Command> commands) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.trim().split(" +");
            Command command = commands.get(words[0]);
            try {
                if (command == null) throw new IllegalArgumentException("no such command");
                command.run(words);
                say("done %s", words[0]);
            } catch (Exception e) {
                say("failed %s: %s", words[0], e);
            }
        }
        System.exit(0);
    }
}
