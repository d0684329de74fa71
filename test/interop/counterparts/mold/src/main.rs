//! MoldUDP64 by the crate `moldudp`. Arguments: `serve FILE SESSION GROUP:PORT`, or
//! `listen FILE SESSION GROUP:PORT SERVER:PORT COUNT`. FILE is a BinaryFILE: of what is sent, or of what was heard.
use moldudp::{MoldUDP64, MoldUDP64Server, Packet};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::thread;
use std::time::Duration;

/// Packets that are sent before receivers get their turn.
const PACKETS_AT_ONCE: u64 = 64;

fn say(line: String) {
    println!("{line}");
}

/// The messages of a BinaryFILE.
fn messages(file: &str) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let mut list = Vec::new();
    let mut at = 0;
    while at + 2 <= bytes.len() {
        let length = u16::from_be_bytes([bytes[at], bytes[at + 1]]) as usize;
        if length == 0 {
            break;
        }
        list.push(bytes[at + 2..at + 2 + length].to_vec());
        at += 2 + length;
    }
    Ok(list)
}

/// Commands: `publish FROM TO PER EVERY`: packets of PER messages, of which each EVERY-th is not sent (0: all are); `end`.
fn serve(file: &str, session: &str, group: SocketAddrV4) -> Result<(), Box<dyn Error>> {
    let day = messages(file)?;
    let lines = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let requests = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = requests.local_addr()?;
    let server = MoldUDP64Server::builder()
        .multicast_addr(group)
        .rerequest_bind_addr(port)
        .session(session.to_string())
        .heartbeat_interval(Duration::from_millis(50))
        .build()
        .start_with_sockets(lines, requests)?;
    say(format!("listening {}", port.port()));
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["publish", numbers @ ..] => {
                let n: Vec<usize> = numbers.iter().map(|w| w.parse()).collect::<Result<_, _>>()?;
                let mut packets = 0u64;
                for packet in day[n[0] - 1..n[1]].chunks(n[2]) {
                    packets += 1;
                    if n[3] > 0 && packets % n[3] as u64 == 0 {
                        server.send_dropped(packet.to_vec());
                    } else {
                        server.send(packet.to_vec());
                    }
                    if packets % PACKETS_AT_ONCE == 0 {
                        thread::sleep(Duration::from_millis(1));
                    }
                }
            }
            ["end"] => server.end_of_session(),
            _ => say(format!("failed {line}: no such command")),
        }
        say(format!("done {}", words.first().unwrap_or(&"")));
    }
    Ok(())
}

/// Listens until every message up to `count` has come, live or on request.
fn listen(file: &str, session: &str, group: SocketAddrV4, server: SocketAddr, count: u64) -> Result<(), Box<dyn Error>> {
    let (datagrams, _requests) = MoldUDP64::builder()
        .multicast_addr(group)
        .interface_addr(Ipv4Addr::LOCALHOST)
        .rerequest_server_addrs(vec![server])
        .expected_session_ident(session.to_string())
        .expected_seq_num(1)
        .build()
        .start()?;
    say("ready".to_string());
    // The end of the input ends us, whatever has come.
    thread::spawn(|| {
        for _ in std::io::stdin().lock().lines() {}
        std::process::exit(1);
    });
    let mut heard: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    while (heard.len() as u64) < count {
        let datagram = datagrams.recv()?;
        let packet = Packet::new(datagram.bytes());
        for (i, message) in packet.iter().enumerate() {
            heard.entry(packet.seq_num() + i as u64).or_insert_with(|| message.data().to_vec());
        }
    }
    let mut out = Vec::new();
    for message in heard.values() {
        out.extend_from_slice(&(message.len() as u16).to_be_bytes());
        out.extend_from_slice(message);
    }
    std::fs::write(file, out)?;
    say(format!("over {}", heard.len()));
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", file, session, group] => serve(file, session, group.parse()?),
        ["listen", file, session, group, server, count] => {
            listen(file, session, group.parse()?, server.parse()?, count.parse()?)
        }
        _ => Err("serve FILE SESSION GROUP, or listen FILE SESSION GROUP SERVER COUNT".into()),
    }
}
