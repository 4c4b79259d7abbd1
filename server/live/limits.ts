// What bounds a capture that may run for days.

/** Bytes of packets kept; about half a million packets. Beyond it the older half is thinned, then forgotten. */
export const keptBytes = 64 * 2 ** 20
/** Bytes of a packet that are looked at: a head of the longest metadata fits beside the headers; file bytes go no further than the thread. */
export const snapshotLength = 4096
/** MiB that the system may hold for dumpcap. */
export const systemBuffer = 16
/** MiB of memory for the analysis; a thread that wants more ends, the service goes on. */
export const threadMemory = 512
/** Told to the page at most so often, and no more than this share of the thread's time is spent on it. */
export const updateMs = 250
export const updateShare = 0.1
/** So long a capture that is to be saved waits for what dumpcap has seen and not handed on. */
export const patienceMs = 1000
/** So long dumpcap has to end when the service does; one that is stopped (SIGSTOP) would never. */
export const stopMs = 2000
