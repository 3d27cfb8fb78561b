/*
   Finds programs that mine. A miner is started like this:
     ./xmrig -o stratum+tcp://pool.hashvault.pro:3333 -u WALLET -p x --donate-level 1
   and its settings have "pools", "url" and "user".
*/
private rule is_program
{
    condition:
        uint16(0) == 0x5a4d or uint32(0) == 0x464c457f
}

rule names_of_miners : coin
{
    strings:
        $n1 = "xmrig" nocase fullword
        $n2 = "cpuminer" nocase fullword
        $n3 = "kdevtmpfsi"
        $p1 = "stratum+tcp://" nocase
    condition:
        is_program and any of ($n*) and $p1
}
