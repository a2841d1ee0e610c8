// Every limit of the HAProxy driver in one place: what it waits for, how often it tries, how much it reads.

/** How long one line of commands may take until its answer is complete. */
export const answerTimeoutMs = 5_000
/** HAProxy reads a line of commands into one buffer of 16 KiB; longer lines are refused. */
export const commandLineBytes = 12_000
/** An answer that grows beyond this is not one of ours. */
export const answerBytes = 16 * 1024 * 1024
/** How often `ensure` looks, sends what is missing and looks again before it gives up. */
export const ensureAttempts = 6
/** The same for the master, which passes questions on to workers; and how often it is asked. */
export const masterTimeoutMs = 1_500
export const masterAttempts = 5
/** How long it is given while nobody listens on its socket, each time. */
export const masterAwayMs = 100
/** How long a reload may take until the master answers: it starts a whole new worker. */
export const reloadTimeoutMs = 30_000
/** How long a worker that will be replaced asks those who are connected to connect again. */
export const farewellMs = 250
/** How long the former worker may take to stop listening after a reload. */
export const handoverTimeoutMs = 5_000
export const handoverPollMs = 2
/** How long `ensure` gives a server whose idle connections are being closed until it can be deleted. */
export const removalWaitMs = 100
/** While requests are in flight: how often `drain` looks, at first and at most. */
export const drainFirstPollMs = 5
export const drainLongestPollMs = 200
/** A proof: over how many connections, how long, and how much may be read on each. */
export const probeConnections = 2
export const probeTimeoutMs = 5_000
export const probeBytes = 4 * 1024 * 1024
/** How often a proof connects again when the proxy closes a connection early. */
export const probeReconnects = 8
/** How long the proxy may take to start and answer on its socket. */
export const startTimeoutMs = 20_000
export const startPollMs = 25
/** How long the proxy may take to let requests end when it is stopped, before it is killed. */
export const stopTimeoutMs = 10_000
/** The same when none is in flight: for the answers on their last way. */
export const idleStopTimeoutMs = 1_000
/** Lines of the proxy's own log that an error quotes. */
export const quotedLogLines = 12
/** A server that should serve but is still down by the proxy's checks is waited for: the checks' own time and this. */
export const riseMarginMs = 1_000
export const risePollMs = 5
/** Space on a disk is given out in blocks of this size or a multiple. */
export const blockBytes = 4096
/** How many servers and releases a backend's counters can tell apart. Whoever was not counted for longest goes first; a trial has a handful. */
export const trialTableEntries = 1_000
/** Who has asked for counters within this time judges the trial. */
export const watchMs = 60_000
/** While nobody does: a server that failed so many times in a row gets so many of 100 requests drawn for it, until it answers one. */
export const streakLimit = 10
export const halfOpenPerCent = 1
/** So many connections in a row that fail take a server out of service, until a check of it succeeds. */
export const connectionErrorLimit = 3

/** HAProxy refuses a line of more than 64 words; no other condition of a line holds more than ten. */
export const wordsPerCondition = 20
/** Maps change only by who commits a change first; somebody else's may be on its way when they are read. */
export const keepMapsMs = 10_000
