import "elf"

rule pool_hosts
{
    strings:
        $a = "pool.minexmr.com:4444"
        $b = "gulf.moneroocean.stream:10128"
        $c = "xmr.nanopool.org:14433"
        $d = "stratum+tcp://xmr-eu1.nanopool.org:14444"
        $o = "--donate-level=1" fullword
    condition:
        2 of ($a, $b, $c, $d) or $o
}

rule pool_talk
{
    strings:
        $s = "mining.subscribe"
        $t = "mining.authorize"
        $u = "eth_submitLogin"
    condition:
        all of them
}
