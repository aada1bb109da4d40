// Tells pytest, one line of JSON each, how every conversation went.

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (data?.details?.type === "suite") continue;
    if (type === "test:pass") yield line({ name: data.name, passed: true });
    if (type === "test:fail") yield line({ name: data.name, passed: false, reason: reason(data) });
  }
}

const line = (outcome) => `${JSON.stringify(outcome)}\n`;

function reason({ file, details }) {
  const error = details.error?.cause ?? details.error;
  return `${file}\n${error?.stack ?? error}`;
}
