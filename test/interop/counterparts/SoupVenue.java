import com.paritytrading.nassau.MessageListener;
import com.paritytrading.nassau.soupbintcp.SoupBinTCP;
import com.paritytrading.nassau.soupbintcp.SoupBinTCPServer;
import com.paritytrading.nassau.soupbintcp.SoupBinTCPServerStatusListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A SoupBinTCP server by nassau. Arguments: file of messages, session, user, password, and a port or none. */
final class SoupVenue {
    private static final int MESSAGES_AT_ONCE = 256;

    private final ServerSocketChannel listener;
    private final List<Client> clients = new ArrayList<>();
    private final String user;
    private final String password;
    private Messages messages;
    private String session;
    private int available;
    private int connections;
    private char rejectWith;
    private int rejections;
    private int slams;
    private int welcomes;
    private int cutAt;
    private int cutBytes;
    private boolean cutByReset;
    private boolean silent;
    private boolean debug;

    SoupVenue(String file, String session, String user, String password, int port) throws IOException {
        this.user = user;
        this.password = password;
        this.session = session;
        messages = new Messages(file);
        listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        listener.configureBlocking(false);
        Console.say("listening %d", listener.socket().getLocalPort());
    }

    /** Serves everybody in turn; commands are carried out between two turns. */
    private void run() {
        try {
            for (;;) {
                synchronized (this) {
                    accept();
                    for (Client client : new ArrayList<>(clients)) client.turn();
                }
                Thread.sleep(1);
            }
        } catch (IOException | InterruptedException e) {
            Console.say("server ended: %s", e);
        }
    }

    private void accept() throws IOException {
        for (SocketChannel channel = listener.accept(); channel != null; channel = listener.accept()) {
            int number = ++connections;
            if (slams > 0) {
                slams--;
                channel.close();
                Console.say("slammed %d", number);
                continue;
            }
            Console.say("connected %d", number);
            clients.add(new Client(channel, number));
        }
    }

    private final class Client implements SoupBinTCPServerStatusListener {
        private final SocketChannel channel;
        private final SoupBinTCPServer server;
        private final int number;
        private int next;
        private boolean over;

        Client(SocketChannel channel, int number) throws IOException {
            this.channel = channel;
            this.number = number;
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            MessageListener unsequenced = bytes -> Console.say("unsequenced %d %d", number, bytes.remaining());
            server = new SoupBinTCPServer(channel, unsequenced, this);
        }

        void turn() {
            try {
                int received = server.receive();
                if (!clients.contains(this)) return;
                if (received < 0) {
                    close("left");
                    return;
                }
                if (silent || over) return;
                for (int i = 0; i < MESSAGES_AT_ONCE && next > 0 && next <= available; i++) {
                    if (next == cutAt) {
                        cut();
                        return;
                    }
                    if (debug) raw('+', "a debug packet".getBytes(StandardCharsets.US_ASCII));
                    server.send(ByteBuffer.wrap(messages.get(next)));
                    next++;
                }
                server.keepAlive();
            } catch (IOException e) {
                close("failed: " + e.getMessage());
            }
        }

        @Override
        public void loginRequest(SoupBinTCPServer s, SoupBinTCP.LoginRequest login) throws IOException {
            Console.say("login %d user='%s' password='%s' session='%s' sequence=%d", number, login.getUsername(),
                    login.getPassword(), login.getRequestedSession(), login.getRequestedSequenceNumber());
            String wanted = login.getRequestedSession();
            char reject = 0;
            if (rejections > 0) {
                rejections--;
                reject = rejectWith;
            } else if (!user.equals(login.getUsername().trim()) || !password.equals(login.getPassword().trim())) {
                reject = 'A';
            } else if (!wanted.trim().isEmpty() && !wanted.equals(String.format("%10s", session))) {
                // Alphanumeric of SoupBinTCP for a session: padded on the left. Another padding is another session.
                reject = 'S';
            }
            if (reject != 0) {
                SoupBinTCP.LoginRejected no = new SoupBinTCP.LoginRejected();
                no.setRejectReasonCode((byte) reject);
                server.reject(no);
                Console.say("rejected %d %c", number, reject);
                over = true;
                close("rejected");
                return;
            }
            long asked = login.getRequestedSequenceNumber();
            next = asked == 0 || asked > available + 1 ? available + 1 : (int) asked;
            SoupBinTCP.LoginAccepted yes = new SoupBinTCP.LoginAccepted();
            yes.setSession(String.format("%10s", session));
            yes.setSequenceNumber(next);
            server.accept(yes);
            Console.say("accepted %d %d", number, next);
            if (welcomes > 0) {
                welcomes--;
                close("welcomed and left");
            }
        }

        @Override
        public void logoutRequest(SoupBinTCPServer s) {
            Console.say("logout %d", number);
            close("logged out");
        }

        @Override
        public void heartbeatTimeout(SoupBinTCPServer s) {
            Console.say("timeout %d", number);
            close("timed out");
        }

        private void raw(char type, byte[] payload) throws IOException {
            ByteBuffer packet = ByteBuffer.allocate(3 + payload.length);
            packet.putShort((short) (1 + payload.length)).put((byte) type).put(payload).flip();
            while (packet.hasRemaining()) channel.write(packet);
        }

        /** The first bytes of a message and nothing behind them. */
        private void cut() throws IOException {
            byte[] message = messages.get(next);
            ByteBuffer packet = ByteBuffer.allocate(3 + message.length);
            packet.putShort((short) (1 + message.length)).put((byte) 'S').put(message).flip();
            packet.limit(Math.min(cutBytes, packet.limit()));
            while (packet.hasRemaining()) channel.write(packet);
            if (cutByReset) channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            cutAt = 0;
            close("cut at " + next);
        }

        private void close(String why) {
            clients.remove(this);
            Console.say("closed %d at %d: %s", number, next, why);
            try {
                server.close();
            } catch (IOException e) {
                Console.say("close failed %d: %s", number, e);
            }
        }

        void end(boolean thenClose) throws IOException {
            server.endSession();
            Console.say("ended %d", number);
            if (thenClose) close("session over");
            next = 0;
        }
    }

    private synchronized void set(Runnable change) {
        change.run();
    }

    private synchronized void end(String[] words) throws IOException {
        for (Client client : new ArrayList<>(clients)) client.end(words.length > 1 && words[1].equals("close"));
    }

    private synchronized void drop(String[] words) {
        for (Client client : new ArrayList<>(clients)) client.close("dropped");
    }

    private synchronized void begin(String name, String file, int known) throws IOException {
        session = name;
        messages = new Messages(file);
        available = known;
    }

    public static void main(String[] arguments) throws Exception {
        int port = arguments.length > 4 ? Integer.parseInt(arguments[4]) : 0;
        SoupVenue venue = new SoupVenue(arguments[0], arguments[1], arguments[2], arguments[3], port);
        Map<String, Console.Command> commands = new HashMap<>();
        commands.put("available", w -> venue.set(() -> venue.available = Integer.parseInt(w[1])));
        commands.put("reject", w -> venue.set(() -> {
            venue.rejectWith = w[1].charAt(0);
            venue.rejections = Integer.parseInt(w[2]);
        }));
        commands.put("slam", w -> venue.set(() -> venue.slams = Integer.parseInt(w[1])));
        commands.put("welcome", w -> venue.set(() -> venue.welcomes = Integer.parseInt(w[1])));
        commands.put("cut", w -> venue.set(() -> {
            venue.cutAt = Integer.parseInt(w[1]);
            venue.cutBytes = Integer.parseInt(w[2]);
            venue.cutByReset = w.length > 3;
        }));
        commands.put("silent", w -> venue.set(() -> venue.silent = w[1].equals("on")));
        commands.put("debug", w -> venue.set(() -> venue.debug = w[1].equals("on")));
        commands.put("end", venue::end);
        commands.put("drop", venue::drop);
        commands.put("session", w -> venue.begin(w[1], w[2], Integer.parseInt(w[3])));
        Thread thread = new Thread(venue::run);
        thread.setDaemon(true);
        thread.start();
        Console.serve(commands);
    }
}
