rule miner_words_in_program
{
    meta:
        author = "test data"
        note = "words that programs of the XMRig kind carry"
    strings:
        $scheme = "stratum+tcp://" ascii
        $scheme_tls = "stratum+ssl://pool.supportxmr.com:443"
        $gift = "donate.v2.xmrig.com:3333"
        $idle = "no active pools, stop mining"
        $key1 = "\"donate-level\":"
        $key2 = "\"rig-id\":"
        $alg1 = "cn-heavy/xhv"
        $alg2 = "argon2/chukwav2"
    condition:
        uint32(0) == 0x464c457f and 3 of them
}
