// Serves until its standard input is closed: node server.mjs PORT
import TelegramServer from 'telegram-test-api';

const server = new TelegramServer({
    port: Number(process.argv[2]),
    host: '127.0.0.1',
    storeTimeout: 600,
});
await server.start();
console.log('ready');
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
