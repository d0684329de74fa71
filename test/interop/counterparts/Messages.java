import com.paritytrading.nassau.binaryfile.BinaryFILEReader;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The messages of a session, read from a BinaryFILE by nassau's reader. Numbers begin with 1. */
final class Messages {
    private final List<byte[]> list = new ArrayList<>();

    Messages(String file) throws IOException {
        try (BinaryFILEReader reader = BinaryFILEReader.open(new File(file), this::add)) {
            while (reader.read() >= 0) {
                // Each call hands over what it has read.
            }
        }
    }

    private void add(ByteBuffer message) {
        byte[] bytes = new byte[message.remaining()];
        message.get(bytes);
        list.add(bytes);
    }

    int count() {
        return list.size();
    }

    byte[] get(int number) {
        return list.get(number - 1);
    }
}
