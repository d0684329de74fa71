import com.paritytrading.nassau.MessageListener;
import com.paritytrading.nassau.binaryfile.BinaryFILEWriter;
import com.paritytrading.nassau.moldudp64.MoldUDP64Client;
import com.paritytrading.nassau.moldudp64.MoldUDP64ClientState;
import com.paritytrading.nassau.moldudp64.MoldUDP64ClientStatusListener;
import com.paritytrading.nassau.soupbintcp.SoupBinTCP;
import com.paritytrading.nassau.soupbintcp.SoupBinTCPClient;
import com.paritytrading.nassau.soupbintcp.SoupBinTCPClientStatusListener;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;

/**
 * nassau's clients against somebody else's servers. Arguments: {@code mold FILE GROUP:PORT SERVER:PORT} or
 * {@code soup FILE SERVER:PORT USER PASSWORD SESSION NUMBER}. What comes is written as a BinaryFILE.
 */
final class NassauClient {
    private static final int BUFFER_BYTES = 8 << 20;

    private final BinaryFILEWriter writer;
    private int messages;
    private volatile boolean over;

    NassauClient(String file) throws IOException {
        writer = BinaryFILEWriter.open(new File(file));
    }

    private void take(ByteBuffer message) throws IOException {
        messages++;
        writer.write(message);
    }

    private static InetSocketAddress address(String text) {
        String[] parts = text.split(":");
        return new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
    }

    private void mold(String group, String server) throws Exception {
        InetSocketAddress at = address(group);
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
        channel.bind(at);
        channel.join(at.getAddress(), NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress()));
        channel.configureBlocking(false);
        DatagramChannel requests = DatagramChannel.open(StandardProtocolFamily.INET);
        requests.configureBlocking(false);
        MessageListener listener = this::take;
        MoldUDP64Client client = new MoldUDP64Client(channel, requests, address(server), listener, new MoldStatus(), 1);
        Console.say("ready");
        while (!over) {
            boolean live = client.receive();
            boolean response = client.receiveResponse();
            if (!live && !response) Thread.sleep(0, 100_000);
        }
    }

    private final class MoldStatus implements MoldUDP64ClientStatusListener {
        @Override
        public void state(MoldUDP64Client client, MoldUDP64ClientState state) {
            Console.say("state %s", state);
        }

        @Override
        public void downstream(MoldUDP64Client client, long number, int count) {}

        @Override
        public void request(MoldUDP64Client client, long number, int count) {
            Console.say("request %d %d", number, count);
        }

        @Override
        public void endOfSession(MoldUDP64Client client) {
            over = true;
        }
    }

    private void soup(String[] arguments) throws Exception {
        SocketChannel channel = SocketChannel.open(address(arguments[2]));
        channel.configureBlocking(false);
        MessageListener listener = this::take;
        SoupBinTCPClient client = new SoupBinTCPClient(channel, listener, new SoupStatus());
        SoupBinTCP.LoginRequest login = new SoupBinTCP.LoginRequest();
        login.setUsername(arguments[3]);
        login.setPassword(arguments[4]);
        login.setRequestedSession(arguments[5].equals("-") ? "" : arguments[5]);
        login.setRequestedSequenceNumber(Long.parseLong(arguments[6]));
        client.login(login);
        Console.say("ready");
        while (!over) {
            int bytes = client.receive();
            if (bytes < 0) {
                Console.say("closed by the server");
                return;
            }
            client.keepAlive();
            if (bytes == 0) Thread.sleep(1);
        }
        client.logout();
    }

    private final class SoupStatus implements SoupBinTCPClientStatusListener {
        @Override
        public void heartbeatTimeout(SoupBinTCPClient client) {
            Console.say("timeout");
            over = true;
        }

        @Override
        public void loginAccepted(SoupBinTCPClient client, SoupBinTCP.LoginAccepted accepted) {
            Console.say("accepted session='%s' sequence=%d", accepted.getSession(), accepted.getSequenceNumber());
        }

        @Override
        public void loginRejected(SoupBinTCPClient client, SoupBinTCP.LoginRejected rejected) {
            Console.say("rejected %c", (char) rejected.getRejectReasonCode());
            over = true;
        }

        @Override
        public void endOfSession(SoupBinTCPClient client) {
            Console.say("end of session");
            over = true;
        }
    }

    private void run(String[] arguments) {
        try {
            if (arguments[0].equals("mold")) mold(arguments[2], arguments[3]);
            else soup(arguments);
            writer.close();
            Console.say("over %d", messages);
        } catch (Exception e) {
            Console.say("client ended: %s", e);
        }
    }

    public static void main(String[] arguments) throws Exception {
        NassauClient client = new NassauClient(arguments[1]);
        Thread thread = new Thread(() -> client.run(arguments));
        thread.setDaemon(true);
        thread.start();
        Map<String, Console.Command> commands = new HashMap<>();
        commands.put("stop", w -> client.over = true);
        Console.serve(commands);
    }
}
