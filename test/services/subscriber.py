"""Reads frames as docs/sinks.md describes them, with nothing but pyzmq and msgpack; prints each row as a line of JSON."""
import array, json, sys
import msgpack, zmq

TYPES = {'i64': 'q', 'u64': 'Q', 'u32': 'I', 'u16': 'H', 'u8': 'B', 'i8': 'b', 'f64': 'd'}

def column(dtype, value):
    if dtype == 'word':
        codes, words = value
        return [words[code] for code in array.array('I', codes)]
    return list(array.array(TYPES[dtype], value)) if dtype in TYPES else value

def rows(header, payload):
    if header['encoding'] == 'rows':
        return payload
    columns = [column(dtype, value) for dtype, value in zip(header['dtypes'], payload)]
    return [list(row) for row in zip(*columns)]

address, wanted = sys.argv[1], int(sys.argv[2])
socket = zmq.Context().socket(zmq.SUB)
socket.setsockopt(zmq.RCVHWM, 0)
socket.connect(address)
socket.setsockopt(zmq.SUBSCRIBE, b'')
seen, following = 0, {}
while seen < wanted:
    topic, head, body = socket.recv_multipart()
    header = msgpack.unpackb(head)
    assert header['first'] == following.get(topic, 0), 'rows are missing'
    following[topic] = header['first'] + header['count']
    for row in rows(header, msgpack.unpackb(body)):
        seen += 1
        print(json.dumps([topic.decode(), dict(zip(header['fields'], row))]))
