#!/bin/sh
# Makes the small coded files of this folder anew: half a second of two known tones, so that a test can compare what is
# decoded with what was coded, sample by sample. Needs ffmpeg with libmp3lame and libvorbis.
set -eu
cd "$(dirname "$0")"
tones='aevalsrc=0.4*sin(2*PI*440*t)+0.2*sin(2*PI*1000*t):s=22050'
encode() {
    # 11025 samples and a few more, so that no encoder's frame length divides them.
    ffmpeg -v error -y -f lavfi -i "$tones,atrim=end_sample=11111" -fflags +bitexact -flags:a +bitexact \
        -metadata title='Side A' -metadata artist='Somebody' -metadata date=1919 "$@"
}
encode -c:a libmp3lame -b:a 64k tones.mp3
encode -c:a libmp3lame -b:a 64k -write_xing 0 -id3v2_version 0 tones-untagged.mp3
encode -c:a mp2 -b:a 64k -f mp2 tones.mp2
encode -c:a libvorbis -q:a 4 tones.ogg
encode -c:a aac -b:a 64k tones.m4a
encode -c:a aac -b:a 64k tones.aac
encode -c:a alac tones-alac.m4a
encode -c:a pcm_s24be tones.aiff
encode -c:a flac -sample_fmt s16 tones.flac
encode -c:a libopus -ar 24000 -b:a 16k tones.opus
