// The desk's status, ten times a second, for as long as the page is open.

const away = message => ({ core: { connected: false, message }, config: '' });

/** Calls back with each status; with one that says so while the desk itself cannot be reached. */
export function followStatus(onStatus) {
  const socket = new WebSocket(`ws://${location.host}/ws`);
  socket.onmessage = message => onStatus(JSON.parse(message.data));
  socket.onclose = () => {
    onStatus(away('the desk does not answer. Trying again; if it does not come back: ./robot run'));
    setTimeout(() => followStatus(onStatus), 1000);
  };
}

/**
 * Pictures: preview and a camera, or imagined and what is imagined. The callback has drawn a picture when it returns; the desk sends the
 * next only then. onRefused is told why there are none, where the desk says so.
 */
export function followPictures(kind, name, onPicture, onRefused = () => {}) {
  let socket, closed = false;
  const open = () => {
    socket = new WebSocket(`ws://${location.host}/ws/${kind}/${encodeURIComponent(name)}`);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => requestAnimationFrame(() => {
      const head = new DataView(data);
      onPicture({
        width: head.getInt32(0, true), height: head.getInt32(4, true), sequence: Number(head.getBigInt64(8, true)),
        timeNs: Number(head.getBigInt64(16, true)), rgb: new Uint8Array(data, 24),
      });
      if (socket.readyState === WebSocket.OPEN) socket.send('d');
    });
    socket.onclose = ({ reason }) => {
      if (closed) return;
      if (reason) onRefused(reason);
      setTimeout(open, 1000);
    };
  };
  open();
  return () => { closed = true; socket.close(); };
}
