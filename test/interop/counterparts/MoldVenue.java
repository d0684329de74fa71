import com.paritytrading.nassau.moldudp64.MoldUDP64DefaultMessageStore;
import com.paritytrading.nassau.moldudp64.MoldUDP64DownstreamPacket;
import com.paritytrading.nassau.moldudp64.MoldUDP64RequestServer;
import com.paritytrading.nassau.moldudp64.MoldUDP64Server;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A MoldUDP64 venue by nassau: the lines A and B, and re-request servers. Arguments: file of messages, session, group:port
 * of each line.
 */
final class MoldVenue {
    private static final int PACKETS_AT_ONCE = 64;

    private final Map<String, MoldUDP64Server> lines = new HashMap<>();
    private final List<RequestServer> servers = new ArrayList<>();
    private final String[] groups;
    private Messages messages;
    private MoldUDP64DefaultMessageStore store;
    private int stored;

    MoldVenue(String file, String session, String... groups) throws IOException {
        this.groups = groups;
        begin(session, file);
    }

    /** Begins a session at number 1. */
    private void begin(String session, String file) throws IOException {
        messages = new Messages(file);
        synchronized (this) {
            store = new MoldUDP64DefaultMessageStore();
            stored = 0;
        }
        for (int i = 0; i < groups.length; i++) {
            MoldUDP64Server line = new MoldUDP64Server(sender(groups[i]), session);
            MoldUDP64Server before = lines.put(String.valueOf((char) ('A' + i)), line);
            if (before != null) before.close();
        }
    }

    private static DatagramChannel sender(String group) throws IOException {
        String[] parts = group.split(":");
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        channel.setOption(StandardSocketOptions.IP_MULTICAST_IF,
                NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress()));
        channel.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true);
        channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        channel.connect(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])));
        return channel;
    }

    /** Messages up to {@code last} exist: the request servers have them, whether they were sent or not. */
    private synchronized void store(int last) {
        for (; stored < last; stored++) store.put(ByteBuffer.wrap(messages.get(stored + 1)));
    }

    /** {@code publish FROM TO PER A[=packets to drop] B[=…]}: packets of PER messages, counted from 0 in each call. */
    private void publish(String[] words) throws Exception {
        int from = Integer.parseInt(words[1]);
        int to = Integer.parseInt(words[2]);
        int per = Integer.parseInt(words[3]);
        store(to);
        Map<String, BitSet> drops = new HashMap<>();
        for (int i = 4; i < words.length; i++) {
            String[] parts = words[i].split("=");
            drops.put(parts[0], ranges(parts.length > 1 ? parts[1] : ""));
        }
        MoldUDP64DownstreamPacket packet = new MoldUDP64DownstreamPacket();
        int index = 0;
        for (int first = from; first <= to; first += per, index++) {
            for (Map.Entry<String, BitSet> line : drops.entrySet()) {
                if (line.getValue().get(index)) continue;
                packet.clear();
                for (int n = first; n < first + per && n <= to; n++) packet.put(ByteBuffer.wrap(messages.get(n)));
                MoldUDP64Server server = lines.get(line.getKey());
                server.setNextSequenceNumber(first);
                server.send(packet);
            }
            if (index % PACKETS_AT_ONCE == PACKETS_AT_ONCE - 1) Thread.sleep(1);
        }
    }

    private static BitSet ranges(String text) {
        BitSet set = new BitSet();
        if (text.isEmpty()) return set;
        for (String part : text.split(",")) {
            String[] ends = part.split("-");
            set.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
        }
        return set;
    }

    private interface Act {
        void on(MoldUDP64Server line) throws IOException;
    }

    /** {@code heartbeat NEXT A B} and {@code end NEXT A B}. */
    private void each(String[] words, Act act) throws IOException {
        for (int i = 2; i < words.length; i++) {
            MoldUDP64Server line = lines.get(words[i]);
            line.setNextSequenceNumber(Integer.parseInt(words[1]));
            act.on(line);
        }
    }

    /** Answers every n-th request, beginning with the n-th; 0: none. */
    private final class RequestServer {
        private final MoldUDP64RequestServer server;
        private final int index;
        private volatile int every;
        private int asked;

        RequestServer(int index, int every) throws IOException {
            this.index = index;
            this.every = every;
            DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
            channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            server = new MoldUDP64RequestServer(channel);
            Thread thread = new Thread(this::run);
            thread.setDaemon(true);
            thread.start();
            Console.say("listening %d %d", index, channel.socket().getLocalPort());
        }

        private void run() {
            try {
                for (;;) server.serve(this::answer);
            } catch (IOException e) {
                Console.say("server %d ended: %s", index, e);
            }
        }

        private int answer(ByteBuffer packet, long number, int count) {
            asked++;
            int answered = 0;
            if (every > 0 && asked % every == 0) {
                synchronized (MoldVenue.this) {
                    answered = store.get(packet, number, count);
                }
            }
            Console.say("request %d %d %d %d", index, number, count, answered);
            return answered;
        }
    }

    public static void main(String[] arguments) throws Exception {
        String[] groups = new String[arguments.length - 2];
        System.arraycopy(arguments, 2, groups, 0, groups.length);
        MoldVenue venue = new MoldVenue(arguments[0], arguments[1], groups);
        Map<String, Console.Command> commands = new HashMap<>();
        commands.put("store", w -> venue.store(Integer.parseInt(w[1])));
        commands.put("publish", venue::publish);
        commands.put("heartbeat", w -> venue.each(w, MoldUDP64Server::sendHeartbeat));
        commands.put("end", w -> venue.each(w, MoldUDP64Server::sendEndOfSession));
        commands.put("session", w -> venue.begin(w[1], w[2]));
        commands.put("serve", w -> {
            int index = venue.servers.size();
            venue.servers.add(venue.new RequestServer(index, Integer.parseInt(w[1])));
        });
        commands.put("answer", w -> venue.servers.get(Integer.parseInt(w[1])).every = Integer.parseInt(w[2]));
        Console.say("ready");
        Console.serve(commands);
    }
}
