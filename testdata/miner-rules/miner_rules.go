package miners

// Words that tell of a miner in the memory of a process.
var words = []string{
	"stratum+tcp://",
	"stratum+ssl://",
	"donate.v2.xmrig.com",
	"no active pools, stop mining",
	"cn-heavy/xhv",
	"argon2/chukwav2",
	"mining.subscribe",
	"\"donate-level\":",
}

// Hosts of pools.
var pools = []string{"minexmr.com", "supportxmr.com", "nanopool.org", "hashvault.pro", "c3pool.com"}
