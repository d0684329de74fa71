import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import quickfix.Acceptor;
import quickfix.Application;
import quickfix.DefaultMessageFactory;
import quickfix.DoNotSend;
import quickfix.FieldNotFound;
import quickfix.Group;
import quickfix.Log;
import quickfix.LogFactory;
import quickfix.MemoryStoreFactory;
import quickfix.Message;
import quickfix.MessageStore;
import quickfix.RejectLogon;
import quickfix.Session;
import quickfix.SessionID;
import quickfix.SessionSettings;
import quickfix.SocketAcceptor;
import quickfix.StringField;
import quickfix.field.MsgSeqNum;
import quickfix.field.MsgType;
import quickfix.field.PossDupFlag;
import quickfix.field.SenderCompID;
import quickfix.field.SendingTime;
import quickfix.field.TargetCompID;

/**
 * A FIX market data acceptor on QuickFIX/J. Arguments: port, version (FIX.4.4, or FIXT.1.1 for FIX 5.0 SP2), then settings
 * of the engine as NAME=VALUE. All that it hears and says is printed, {@code |} between the fields.
 */
final class FixVenue implements Application {
    private static final String US = "THEM";
    private static final String CLIENT = "US";

    private final SessionID id;
    private final SessionSettings settings = new SessionSettings();
    private Acceptor acceptor;
    private volatile String password = "secret";
    private volatile String request = "";
    private final List<String> symbols = new ArrayList<>();
    private volatile boolean resends = true;
    private volatile int rejections;
    private volatile String rejectBy = "Y";
    private volatile int mutes;
    private volatile String name = US;
    private int price = 100;

    FixVenue(String[] arguments) throws Exception {
        id = new SessionID(arguments[1], US, CLIENT);
        settings.setString("ConnectionType", "acceptor");
        settings.setString("SocketAcceptAddress", "127.0.0.1");
        settings.setString("SocketAcceptPort", arguments[0]);
        settings.setString("StartTime", "00:00:00");
        settings.setString("EndTime", "00:00:00");
        settings.setString("NonStopSession", "Y");
        if (arguments[1].startsWith("FIXT")) settings.setString("DefaultApplVerID", "FIX.5.0SP2");
        // The engine answers within milliseconds or not at all: nobody waits for a broken peer here.
        settings.setString("LogoutTimeout", "2");
        settings.setString(id, "BeginString", id.getBeginString());
        settings.setString(id, "SenderCompID", US);
        settings.setString(id, "TargetCompID", CLIENT);
        for (int i = 2; i < arguments.length; i++) {
            String[] parts = arguments[i].split("=", 2);
            if (parts[0].equals("Sender")) settings.setString(id, "SenderCompID", parts[1]);
            else settings.setString(parts[0], parts[1]);
        }
        start();
    }

    private void start() throws Exception {
        acceptor = new SocketAcceptor(this, new MemoryStoreFactory(), settings, new Transcript(), new DefaultMessageFactory());
        acceptor.start();
    }

    /** Everything that is heard and said, and what the engine notes, as lines. */
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
        request = "";
        Console.say("logout");
    }

    @Override
    public void toAdmin(Message message, SessionID session) {
        message.getHeader().setField(new SenderCompID(name));
    }

    @Override
    public void fromAdmin(Message message, SessionID session) throws FieldNotFound, RejectLogon {
        boolean logon = message.getHeader().getString(MsgType.FIELD).equals(MsgType.LOGON);
        if (logon && message.isSetField(554) && !message.getString(554).equals(password)) {
            throw new RejectLogon("wrong password");
        }
    }

    @Override
    public void toApp(Message message, SessionID session) throws DoNotSend {
        Message.Header header = message.getHeader();
        header.setField(new SenderCompID(name));
        try {
            boolean again = header.isSetField(PossDupFlag.FIELD) && header.getBoolean(PossDupFlag.FIELD);
            if (again && !resends) throw new DoNotSend();
        } catch (FieldNotFound e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void fromApp(Message message, SessionID session) throws FieldNotFound {
        if (message.getHeader().getString(MsgType.FIELD).equals(MsgType.MARKET_DATA_REQUEST)) subscribe(message);
    }

    private void subscribe(Message asked) throws FieldNotFound {
        String name = asked.getString(262);
        if (mutes > 0) {
            mutes--;
            return;
        }
        if (rejections > 0) {
            rejections--;
            reject(name, asked.getHeader().getInt(MsgSeqNum.FIELD));
            return;
        }
        synchronized (symbols) {
            symbols.clear();
            for (Group group : asked.getGroups(146)) symbols.add(group.getString(55));
            for (String symbol : symbols) send(refresh(name, symbol));
            request = name;
        }
        Console.say("subscribed %s %s", name, String.join(",", symbols));
    }

    private void reject(String name, int number) {
        Message no = new Message();
        no.getHeader().setField(new MsgType(rejectBy));
        if (rejectBy.equals("Y")) {
            no.setField(new StringField(262, name));
            no.setField(new StringField(281, "1"));
        } else {
            no.setField(new StringField(45, String.valueOf(number)));
            no.setField(new StringField(372, "V"));
            no.setField(new StringField(380, "3"));
            no.setField(new StringField(58, "not supported now"));
        }
        send(no);
    }

    private void send(Message message) {
        try {
            Session.sendToTarget(message, id);
        } catch (quickfix.SessionNotFound e) {
            throw new IllegalStateException(e);
        }
    }

    private static Message refresh(String name, String symbol) {
        Message message = new Message();
        message.getHeader().setField(new MsgType("W"));
        message.setField(new StringField(262, name));
        message.setField(new StringField(55, symbol));
        for (int side = 0; side < 2; side++) {
            Group entry = new Group(268, 269, new int[] {269, 270, 271});
            entry.setField(new StringField(269, String.valueOf(side)));
            entry.setField(new StringField(270, String.valueOf(100 + side)));
            entry.setField(new StringField(271, "10"));
            message.addGroup(entry);
        }
        return message;
    }

    private Message increment() {
        Message message = new Message();
        message.getHeader().setField(new MsgType("X"));
        if (!request.isEmpty()) message.setField(new StringField(262, request));
        Group entry = new Group(268, 279, new int[] {279, 269, 55, 270, 271});
        entry.setField(new StringField(279, "1"));
        entry.setField(new StringField(269, "0"));
        synchronized (symbols) {
            entry.setField(new StringField(55, symbols.isEmpty() ? "A" : symbols.get(price % symbols.size())));
        }
        entry.setField(new StringField(270, String.valueOf(price++)));
        entry.setField(new StringField(271, "5"));
        message.addGroup(entry);
        return message;
    }

    private Session session() {
        return Session.lookupSession(id);
    }

    /** Increments that the engine believes to have sent: numbered and stored, but never on the wire. */
    private void lose(int count) throws IOException {
        MessageStore store = session().getStore();
        for (int i = 0; i < count; i++) {
            int number = store.getNextSenderMsgSeqNum();
            Message message = increment();
            Message.Header header = message.getHeader();
            header.setField(new StringField(8, id.getBeginString()));
            header.setField(new SenderCompID(id.getSenderCompID()));
            header.setField(new TargetCompID(id.getTargetCompID()));
            header.setField(new MsgSeqNum(number));
            header.setField(new SendingTime());
            store.set(number, message.toString());
            session().setNextSenderMsgSeqNum(number + 1);
        }
    }

    /** SequenceReset-Reset: the number after this one is {@code next}. */
    private void sequenceReset(int next) throws IOException {
        Message message = new Message();
        message.getHeader().setField(new MsgType("4"));
        message.setField(new StringField(36, String.valueOf(next)));
        send(message);
        session().setNextSenderMsgSeqNum(next);
    }

    private void resendRequest(String begin, String end) {
        Message message = new Message();
        message.getHeader().setField(new MsgType("2"));
        message.setField(new StringField(7, begin));
        message.setField(new StringField(16, end));
        send(message);
    }

    public static void main(String[] arguments) throws Exception {
        FixVenue venue = new FixVenue(arguments);
        Map<String, Console.Command> commands = new HashMap<>();
        commands.put("increments", w -> {
            for (int i = 0; i < Integer.parseInt(w[1]); i++) venue.send(venue.increment());
        });
        commands.put("lose", w -> venue.lose(Integer.parseInt(w[1])));
        commands.put("skip", w -> {
            Session session = venue.session();
            session.setNextSenderMsgSeqNum(session.getExpectedSenderNum() + Integer.parseInt(w[1]));
        });
        commands.put("next", w -> venue.session().setNextSenderMsgSeqNum(Integer.parseInt(w[1])));
        commands.put("expect", w -> venue.session().setNextTargetMsgSeqNum(Integer.parseInt(w[1])));
        commands.put("resends", w -> venue.resends = w[1].equals("on"));
        commands.put("reject", w -> {
            venue.rejectBy = w[1];
            venue.rejections = Integer.parseInt(w[2]);
        });
        commands.put("mute", w -> venue.mutes = Integer.parseInt(w[1]));
        commands.put("password", w -> venue.password = w[1]);
        commands.put("name", w -> venue.name = w[1]);
        commands.put("test", w -> venue.session().generateTestRequest(w[1]));
        commands.put("resend", w -> venue.resendRequest(w[1], w[2]));
        commands.put("reset", w -> venue.sequenceReset(Integer.parseInt(w[1])));
        commands.put("logout", w -> venue.session().logout("the day is over"));
        commands.put("logon", w -> venue.session().logon());
        commands.put("disconnect", w -> venue.session().disconnect("as told", false));
        commands.put("stop", w -> venue.acceptor.stop(true));
        commands.put("start", w -> venue.start());
        Console.say("ready");
        Console.serve(commands);
    }
}
