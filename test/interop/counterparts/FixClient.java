import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import quickfix.Application;
import quickfix.DefaultMessageFactory;
import quickfix.FieldNotFound;
import quickfix.Group;
import quickfix.Initiator;
import quickfix.Log;
import quickfix.LogFactory;
import quickfix.MemoryStoreFactory;
import quickfix.Message;
import quickfix.MessageStore;
import quickfix.Session;
import quickfix.SessionID;
import quickfix.SessionSettings;
import quickfix.SocketInitiator;
import quickfix.StringField;
import quickfix.field.MsgSeqNum;
import quickfix.field.MsgType;
import quickfix.field.SenderCompID;
import quickfix.field.SendingTime;
import quickfix.field.TargetCompID;

/**
 * A FIX 4.4 market data initiator on QuickFIX/J. Arguments: port, then settings of the engine as NAME=VALUE; Password is
 * ours. All that it hears and says is printed, {@code |} between the fields; market data also as the engine has read it.
 */
final class FixClient implements Application {
    private static final String US = "US";
    private static final String VENUE = "THEM";

    private final SessionID id = new SessionID("FIX.4.4", US, VENUE);
    private final Initiator initiator;
    private String password = "secret";

    FixClient(String[] arguments) throws Exception {
        SessionSettings settings = new SessionSettings();
        settings.setString("ConnectionType", "initiator");
        settings.setString("SocketConnectHost", "127.0.0.1");
        settings.setString("SocketConnectPort", arguments[0]);
        settings.setString("StartTime", "00:00:00");
        settings.setString("EndTime", "00:00:00");
        settings.setString("NonStopSession", "Y");
        settings.setString("HeartBtInt", "30");
        settings.setString("ReconnectInterval", "1");
        settings.setString("LogoutTimeout", "60");
        // Everything that comes is checked against the engine's dictionary, and its checks are all on.
        settings.setString("UseDataDictionary", "Y");
        settings.setString("DataDictionary", "FIX44.xml");
        settings.setString("ValidateFieldsOutOfOrder", "Y");
        settings.setString("ValidateFieldsHaveValues", "Y");
        settings.setString("ValidateUserDefinedFields", "Y");
        settings.setString("ValidateIncomingMessage", "Y");
        settings.setString("RejectMessageOnUnhandledException", "Y");
        settings.setString(id, "BeginString", id.getBeginString());
        settings.setString(id, "SenderCompID", US);
        settings.setString(id, "TargetCompID", VENUE);
        for (int i = 1; i < arguments.length; i++) {
            String[] parts = arguments[i].split("=", 2);
            if (parts[0].equals("Password")) password = parts[1];
            else settings.setString(parts[0], parts[1]);
        }
        initiator = new SocketInitiator(this, new MemoryStoreFactory(), settings, new Transcript(), new DefaultMessageFactory());
    }

    private static final class Transcript implements LogFactory, Log {
        @Override
        public Log create(SessionID session) {
            return this;
        }

        @Override
        public void clear() {}

        @Override
        public void onIncoming(String message) {
            Console.say("%s", "in " + message.replace('\u0001', '|'));
        }

        @Override
        public void onOutgoing(String message) {
            Console.say("%s", "out " + message.replace('\u0001', '|'));
        }

        @Override
        public void onEvent(String text) {
            Console.say("%s", "event " + text);
        }

        @Override
        public void onErrorEvent(String text) {
            Console.say("%s", "error " + text);
        }
    }

    @Override
    public void onCreate(SessionID session) {}

    @Override
    public void onLogon(SessionID session) {
        Console.say("logon");
    }

    @Override
    public void onLogout(SessionID session) {
        Console.say("logout");
    }

    @Override
    public void toAdmin(Message message, SessionID session) {
        try {
            if (!message.getHeader().getString(MsgType.FIELD).equals(MsgType.LOGON)) return;
        } catch (FieldNotFound e) {
            throw new IllegalStateException(e);
        }
        message.setField(new StringField(553, "user"));
        message.setField(new StringField(554, password));
    }

    @Override
    public void fromAdmin(Message message, SessionID session) {}

    @Override
    public void toApp(Message message, SessionID session) {}

    @Override
    public void fromApp(Message message, SessionID session) throws FieldNotFound {
        String type = message.getHeader().getString(MsgType.FIELD);
        int number = message.getHeader().getInt(MsgSeqNum.FIELD);
        if (type.equals("W")) {
            String entries = entries(message, 269, 270, 271);
            Console.say("%s", "refresh " + number + " " + message.getString(262) + " " + message.getString(55) + " " + entries);
        } else if (type.equals("X")) {
            String entries = entries(message, 279, 269, 55, 270, 271);
            Console.say("%s", "increment " + number + " " + message.getString(262) + " " + entries);
        } else if (type.equals("Y")) {
            Console.say("%s", "refused " + message.getString(262) + " " + message.getString(281));
        }
    }

    /** The entries of NoMDEntries as the engine has read them: fields in this order, {@code -} for one that is absent. */
    private static String entries(Message message, int... tags) throws FieldNotFound {
        StringJoiner all = new StringJoiner(" ");
        for (Group entry : message.getGroups(268)) {
            StringJoiner one = new StringJoiner(":");
            for (int tag : tags) one.add(entry.isSetField(tag) ? entry.getString(tag) : "-");
            all.add(one.toString());
        }
        return all.toString();
    }

    private Session session() {
        return Session.lookupSession(id);
    }

    private void send(Message message) {
        try {
            Session.sendToTarget(message, id);
        } catch (quickfix.SessionNotFound e) {
            throw new IllegalStateException(e);
        }
    }

    private static Message message(String type) {
        Message message = new Message();
        message.getHeader().setField(new MsgType(type));
        return message;
    }

    private static Message request(String name, String kind, String symbols) {
        Message message = message("V");
        message.setField(new StringField(262, name));
        message.setField(new StringField(263, kind));
        message.setField(new StringField(264, "0"));
        message.setField(new StringField(265, "1"));
        for (String type : List.of("0", "1", "2")) {
            Group entry = new Group(267, 269);
            entry.setField(new StringField(269, type));
            message.addGroup(entry);
        }
        for (String symbol : symbols.split(",")) {
            Group instrument = new Group(146, 55);
            instrument.setField(new StringField(55, symbol));
            message.addGroup(instrument);
        }
        return message;
    }

    /** A request that the engine believes to have sent: numbered and stored, but never on the wire. */
    private void lose(Message message) throws IOException {
        MessageStore store = session().getStore();
        int number = store.getNextSenderMsgSeqNum();
        Message.Header header = message.getHeader();
        header.setField(new StringField(8, id.getBeginString()));
        header.setField(new SenderCompID(US));
        header.setField(new TargetCompID(VENUE));
        header.setField(new MsgSeqNum(number));
        header.setField(new SendingTime());
        store.set(number, message.toString());
        session().setNextSenderMsgSeqNum(number + 1);
    }

    private void resendRequest(String begin, String end) {
        Message message = message("2");
        message.setField(new StringField(7, begin));
        message.setField(new StringField(16, end));
        send(message);
    }

    /** An order: nothing that a market data server takes. */
    private void order() {
        Message message = message("D");
        message.setField(new StringField(11, "ORDER-1"));
        message.setField(new StringField(55, "A"));
        message.setField(new StringField(54, "1"));
        message.setField(new StringField(38, "1"));
        message.setField(new StringField(40, "1"));
        message.setField(new StringField(60, "20260101-00:00:00"));
        send(message);
    }

    public static void main(String[] arguments) throws Exception {
        FixClient client = new FixClient(arguments);
        Map<String, Console.Command> commands = new HashMap<>();
        commands.put("subscribe", w -> client.send(request(w[1], "1", w[2])));
        commands.put("snapshot", w -> client.send(request(w[1], "0", w[2])));
        commands.put("unsubscribe", w -> client.send(request(w[1], "2", w[2])));
        commands.put("lose-subscribe", w -> client.lose(request(w[1], "1", w[2])));
        commands.put("order", w -> client.order());
        commands.put("test", w -> client.session().generateTestRequest(w[1]));
        commands.put("resend", w -> client.resendRequest(w[1], w[2]));
        commands.put("disconnect", w -> client.session().disconnect("as told", false));
        commands.put("next", w -> client.session().setNextSenderMsgSeqNum(Integer.parseInt(w[1])));
        commands.put("reset", w -> client.session().reset());
        commands.put("logout", w -> client.session().logout("enough"));
        commands.put("logon", w -> client.session().logon());
        client.initiator.start();
        Console.say("ready");
        Console.serve(commands);
    }
}
