"""English verbs and their past tense, as lines for `--task rewrite`: source, tab, target.

Verbs are left out of which two forms are in use (learned and learnt), or that are spelt in two ways (travelled, traveled).
"""

from functools import cache

COUNT = 769  # of all verbs
_IRREGULAR = """
arise arose  awake awoke  bear bore  beat beat  become became  befall befell  begin began  behold beheld  bend bent
beset beset  bind bound  bite bit  bleed bled  blow blew  break broke  breed bred  bring brought  build built  burst burst
buy bought  cast cast  catch caught  choose chose  cling clung  come came  cost cost  creep crept  cut cut  deal dealt
dig dug  do did  draw drew  drink drank  drive drove  eat ate  fall fell  feed fed  feel felt  fight fought  find found
flee fled  fling flung  fly flew  foresee foresaw  foretell foretold  forget forgot  forgive forgave  forsake forsook
freeze froze  get got  give gave  go went  grind ground  grow grew  have had  hear heard  hide hid  hit hit  hold held
hurt hurt  keep kept  know knew  lay laid  lead led  leave left  lend lent  let let  lose lost  make made  mean meant
meet met  mislay mislaid  mislead misled  misread misread  mistake mistook  misunderstand misunderstood  outdo outdid
outgrow outgrew  outrun outran  overcome overcame  overdo overdid  overeat overate  overhear overheard  overpay overpaid
override overrode  oversee oversaw  oversleep overslept  overspend overspent  overtake overtook  overthrow overthrew
partake partook  pay paid  put put  read read  rebuild rebuilt  redo redid  remake remade  repay repaid  resell resold
reset reset  retell retold  rethink rethought  rewrite rewrote  ride rode  ring rang  rise rose  run ran  say said
see saw  seek sought  sell sold  send sent  set set  shake shook  shed shed  shoot shot  shut shut  sing sang  sink sank
sit sat  slay slew  sleep slept  slide slid  sling slung  speak spoke  spend spent  spin spun  split split  spread spread
stand stood  steal stole  stick stuck  sting stung  stride strode  strike struck  string strung  swear swore  sweep swept
swim swam  swing swung  take took  teach taught  tear tore  tell told  think thought  throw threw  thrust thrust
undergo underwent  understand understood  undertake undertook  undo undid  unwind unwound  uphold upheld  upset upset
wear wore  weep wept  win won  wind wound  withdraw withdrew  withhold withheld  withstand withstood  wring wrung
write wrote
"""

# verbs in -ed by rule: those whose last consonant is doubled, in one syllable or behind the stress
_DOUBLED = """
admit ban bar bat beg blot blur brag cap chat chip chop clap clip commit compel confer control cram crop defer deter dim
dip dot drag drip drop drum equip expel fan flap flip flog fog gas grab grin grip hop hug hum incur jam jog jot knot lag
lap log mob mop mug nag nap nod occur omit pad pat patrol permit pin plan plot plug pop prefer prod prop propel rebel
recur refer regret rip rob rub scan scar scrap scrub shop shrug skid skim skip slam slap slip slot snap sob span spot star
stem step stir stop strap strip stun submit sum swap tag tan tap tip top trap trek trim trip trot tug wag whip wrap zip
"""
_PANIC = "frolic mimic panic picnic traffic"  # k is put in behind the c
_OTHERS = """
accept achieve act add admire advance advise afford agree aim allow amuse announce annoy answer apologise appear applaud
apply approach approve argue arrange arrest arrive ask assist attach attack attempt attend avoid bake balance bathe behave
believe belong blame bless blink boast boil borrow bounce bow brush bury calculate call calm camp care carry carve cause
celebrate challenge change charge chase cheat check cheer chew claim clean clear climb close collect comb comfort compare
complain complete concern confess confuse connect consider contain continue cook copy correct cough count cover crash
crawl create cross crush cry cure curl cycle damage dance dare decide declare decorate defend delay deliver demand deny
depend describe deserve desire destroy develop disagree disappear discover dislike divide doubt dress drift drown dry dust
earn educate employ empty encourage end enjoy enter entertain escape examine excite excuse exercise exist expand expect
explain explode express face fade fail fasten fear fence fetch fill film finish fire fix flash float flood flow fold
follow fool force form frame frighten fry gather gaze glow glue greet guard guess guide hammer hand handle happen harm
hate haunt heal heat help hope hover hunt hurry identify ignore imagine impress improve include increase influence inform
inject injure instruct intend interest interrupt introduce invent invite jail join joke judge juggle jump kick kill kiss
knock land last laugh launch lick lift lighten like list listen live load lock long look love manage march mark marry
match matter measure melt mend mention milk mine miss mix moan move murder nail name need nest note notice number obey
object observe obtain offend offer open order owe own pack paddle paint park part pass paste pause peel perform phone pick
place plant play please point poke polish possess post pour practise pray preach precede prepare present preserve press
pretend prevent print produce promise protect provide pull pump punch punish push question race rain raise reach realise
receive recognise record reduce reflect refuse reign reject relax release rely remain remember remind remove repair repeat
replace reply report request rescue respect rest retire return reveal rhyme rinse roar roast rock roll ruin rule rush sail
satisfy save scare scatter scold scorch scrape scratch scream screw seal search separate serve settle shade share shelter
shiver shock sigh sign slow smash smile smoke sneeze sniff snore snow soak soften sound spare spark sparkle stain stare
start stay steer stitch store strengthen stretch stroke study stuff succeed suck suffer suggest suit supply support
suppose surprise surround suspect suspend swell switch talk taste tease tempt terrify test thank thaw tick tickle tie time
tire toss touch tour tow train treat tremble trick trouble trust try tumble turn twist type undress unite unlock unpack
use vanish visit wait walk wander want warm warn wash waste watch water wave weigh welcome whine whisper whistle wink wipe
wish wonder work worry wound wreck wrestle yawn yell
"""
VOWELS = "aeiou"


def by_rule(verb: str, *, doubled: bool = False) -> str:
    """The past tense in -ed: baked, carried, played, stopped (`doubled`), picnicked."""
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in VOWELS:
        return verb[:-1] + "ied"
    if verb in _PANIC.split():
        return verb + "ked"
    return verb + verb[-1] * doubled + "ed"


@cache
def irregular() -> dict[str, str]:
    """Verb → past tense, of verbs without a rule; of be the singular."""
    fields = _IRREGULAR.split()
    return dict(zip(fields[::2], fields[1::2], strict=True))


@cache
def regular() -> dict[str, str]:
    """Verb → past tense, of verbs in -ed."""
    others = {verb: by_rule(verb) for verb in [*_OTHERS.split(), *_PANIC.split()]}
    return others | {verb: by_rule(verb, doubled=True) for verb in _DOUBLED.split()}


@cache
def everything() -> list[str]:
    """A line for each verb: verb, tab, past tense."""
    return [f"{verb}\t{past}" for verb, past in (irregular() | regular()).items()]
