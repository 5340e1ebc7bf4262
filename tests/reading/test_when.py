"""Dates in everyday sales notes: what is one, and what only looks like one. Today is Tuesday 18 November 2025, 9:41."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fairlead.reading.when.calendar import Seen, office_days
from fairlead.reading.when.finding import day_of, find_dates

SEEN = Seen(datetime.fromisoformat("2025-11-18T09:41"))
DATES = """
call back in two weeks|2025-12-02
in a week|2025-11-25
in a fortnight|2025-12-02
in a couple of weeks|2025-12-02
in a few days|2025-11-21
in three weeks' time|2025-12-09
in 10 days time|2025-11-28
in 2-3 weeks|2025-12-02
in two or three days|2025-11-20
in a week or two|2025-11-25
in a month|2025-12-18
in 3 months|2026-02-18
in 6 months, when the contract ends|2026-05-18
in half an hour|2025-11-18 10:11
in 30 mins|2025-11-18 10:11
in 45 minutes|2025-11-18 10:26
in an hour and a half|2025-11-18 11:11
in 1.5 hours|2025-11-18 11:11
in 2 hrs|2025-11-18 11:41
in a year|2026-11-18
within the next 2 weeks|2025-12-02
in the next few days|2025-11-21
within 5 working days|2025-11-25
in ten working days|2025-12-02
in 1 working day|2025-11-19
next working day|2025-11-19
3 working days from now|2025-11-21
a week from Friday|2025-11-28
a week on Friday|2025-11-28
Friday week|2025-11-28
two weeks on Monday|2025-12-08
a week today|2025-11-25
a week tomorrow|2025-11-26
tomorrow week|2025-11-26
two weeks from now|2025-12-02
2 weeks from today|2025-12-02
3 days from tomorrow|2025-11-22
in 2 weeks on Thursday|2025-12-04
Thursday in two weeks|2025-12-04
this time next week|2025-11-25
next week|2025-11-24
next month|2025-12-01
next quarter|2026-01-01
next year|2026-01-01
the week after next|2025-12-01
week after next|2025-12-01
the month after next|2026-01-01
Friday after next|2025-11-28
next Friday|2025-11-28
next Monday|2025-11-24
next mon at 9|2025-11-24 09:00
Tuesday next week|2025-11-25
next week Thursday|2025-11-27
next week on Wed|2025-11-26
Wed next week|2025-11-26
Thursday of next week|2025-11-27
early next week|2025-11-24
mid next week|2025-11-26
late next week|2025-11-28
end of next week|2025-11-28
later this week|2025-11-21
end of the week|2025-11-21
by end of week|2025-11-21
by the end of the month|2025-11-30
end of month|2025-11-30
by EOM|2025-11-30
by EOW|2025-11-21
end of next month|2025-12-31
beginning of next month|2025-12-01
start of December|2025-12-01
early December|2025-12
mid-December|2025-12-15
middle of December|2025-12-15
late January|2026-01
end of January|2026-01-31
end Jan|2026-01-31
the end of the year|2025-12-31
end of year|2025-12-31
start of Q1|2026-01-01
end of Q1|2026-03-31
end of Q2 2026|2026-06-30
beginning of 2026|2026-01-01
mid Feb|2026-02-15
first Monday of December|2025-12-01
first Monday in January|2026-01-05
the second Tuesday of next month|2025-12-09
last Friday of the month|2025-11-28
last working day of the month|2025-11-28
first working day of December|2025-12-01
2nd week of December|2025-12-08
second week of January|2026-01-12
last week of November|2025-11-24
first week in Feb|2026-02-02
first day of next month|2025-12-01
last day of November|2025-11-30
today|2025-11-18
tomorrow|2025-11-19
tomorrow morning|2025-11-19 09:00
tomorrow afternoon|2025-11-19 14:00
tomorrow at 10|2025-11-19 10:00
tomorrow 10am|2025-11-19 10:00
try again tomorrow 10am|2025-11-19 10:00
tmrw 3pm|2025-11-19 15:00
day after tomorrow|2025-11-20
the day after tomorrow at noon|2025-11-20 12:00
this afternoon|2025-11-18 14:00
tonight|2025-11-18
today at 5|2025-11-18 17:00
today 16:30|2025-11-18 16:30
today @ 4pm|2025-11-18 16:00
at 3pm|2025-11-18 15:00
call at 15:30|2025-11-18 15:30
ring him at 9am|2025-11-19 09:00
3pm tomorrow|2025-11-19 15:00
10:30 on Thursday|2025-11-20 10:30
4pm Friday|2025-11-21 16:00
noon on Friday|2025-11-21 12:00
at 4 on Monday|2025-11-24 16:00
Friday at noon|2025-11-21 12:00
Friday lunchtime|2025-11-21 12:00
Friday morning|2025-11-21 09:00
Fri pm|2025-11-21 14:00
Fri 3pm|2025-11-21 15:00
Friday 15:00|2025-11-21 15:00
Friday, 3 p.m.|2025-11-21 15:00
Friday by 3pm|2025-11-21 15:00
by close of business Friday|2025-11-21 17:00
EOD Friday|2025-11-21 17:00
by EOD|2025-11-18 17:00
by end of day tomorrow|2025-11-19 17:00
Thursday at half past two|2025-11-20 14:30
Thursday at quarter to 4|2025-11-20 15:45
Thursday at half 3|2025-11-20 15:30
Thursday 2-3pm|2025-11-20 14:00
Thursday 10:00-11:30|2025-11-20 10:00
Thursday between 2 and 3pm|2025-11-20 14:00
Thursday at 3 o'clock|2025-11-20 15:00
Thursday around 11|2025-11-20 11:00
Thursday after 2|2025-11-20 14:00
Mon 9.30|2025-11-24 09:30
Wed 14h30|2025-11-19 14:30
Thursday first thing|2025-11-20 09:00
first thing Monday|2025-11-24 09:00
first thing tomorrow morning|2025-11-19 09:00
on Sat|2025-11-22
wed|2025-11-19
call Ines wed.|2025-11-19
ring her Mon, she is back then|2025-11-24
Sat morning|2025-11-22 09:00
Sun 11am|2025-11-23 11:00
Monday|2025-11-24
on Monday|2025-11-24
Tuesday|2025-11-25
this Thursday|2025-11-20
coming Monday|2025-11-24
Thurs|2025-11-20
Weds at 2|2025-11-19 14:00
last Friday|2025-11-14
yesterday|2025-11-17
3 days ago|2025-11-15
2 weeks ago|2025-11-04
20 November|2025-11-20
20th November|2025-11-20
20th of November|2025-11-20
the 20th of November|2025-11-20
Nov 20|2025-11-20
Nov 20th|2025-11-20
November 20, 2025|2025-11-20
November 20th 2026|2026-11-20
3 Jan|2026-01-03
3 Jan 2027|2027-01-03
3 Jan '27|2027-01-03
Friday 5th December|2025-12-05
Friday the 5th of December|2025-12-05
Fri 5 Dec 10:00|2025-12-05 10:00
Friday the 5th|2025-12-05
Thu 20th|2025-11-20
Thu 20|2025-11-20
Thursday 20 at 3pm|2025-11-20 15:00
12 dec at 9.15|2025-12-12 09:15
12 Dec 14:00|2025-12-12 14:00
3-5 December|2025-12-03
3rd to 5th December|2025-12-03
Dec 3-5|2025-12-03
1/12/2025|2025-12-01
01.12.2025|2025-12-01
1-12-2025|2025-12-01
1/12/25|2025-12-01
on 1/12|2025-12-01
due 9/12|2025-12-09
by 9/1|2026-01-09
call 20/12|2025-12-20
Thu 20/11|2025-11-20
2025/12/24|2025-12-24
2026-02-01 10:30|2026-02-01 10:30
2026-02-01T10:30|2026-02-01 10:30
on the 25th|2025-11-25
by the 1st|2025-12-01
on the 15th at 10|2025-12-15 10:00
the 3rd of next month|2025-12-03
in January|2026-01-01
in May|2026-05-01
by March|2026-03-01
not before April|2026-04-01
in Q1|2026-01-01
January 2026|2026-01-01
next January|2026-01-01
after Christmas|2025-12
before Christmas|2025-12
after Easter|2026-04
in the new year|2026-01
at the weekend|2025-11-22
this weekend|2025-11-22
after the weekend|2025-11-24
next weekend|2025-11-29
in week 49|2025-12-01
w/c 8 Dec|2025-12-08
week commencing 24 November|2025-11-24
+2w|2025-12-02
+3d|2025-11-21
29 Feb|2028-02-29
Renewal is due on 31 March|2026-03-31
Left a voicemail, try again tomorrow 10am|2025-11-19 10:00
Sent the quote. Chase Thursday|2025-11-20
@Dele size the link by Wed|2025-11-19
Spoke to Ines, she wants a demo next Tuesday at 2pm|2025-11-25 14:00
No budget until April, recontact then|2026-04-01
Asked me to ring again in 3 weeks|2025-12-09
wants a call back on Monday morning|2025-11-24 09:00
he is away until 1 December|2025-12-01
Their contract runs out on 30/06/2026|2026-06-30
decision expected mid-January|2026-01-15
agreed to meet on 4 December at 10am in Leeds|2025-12-04 10:00
Demo booked for Thursday 27 November at 14:00|2025-11-27 14:00
Quote valid until 12 Dec|2025-12-12
follow up w/ Tom on Fri 21/11|2025-11-21
ping her Thu pm|2025-11-20 14:00
kick-off 5 Jan 9am|2026-01-05 09:00
call tomorrow before 11|2025-11-19 11:00
send contract by Friday noon|2025-11-21 12:00
Back from holiday on the 24th, call then|2025-11-24
board meeting 10th December|2025-12-10
chase for PO in 10 days|2025-11-28
Try him Thurs after 4|2025-11-20 16:00
ring monday 8:30|2025-11-24 08:30
out of office until Monday 1st December|2025-12-01
review in 6 weeks|2025-12-30
told me to try again in the first week of December|2025-12-01
remind me in 20 minutes|2025-11-18 10:01
site visit 2 December 9:00-12:00|2025-12-02 09:00
this evening at 7|2025-11-18 19:00
tonight at 8|2025-11-18 20:00
Spoke with Ann. Next step: quote by 28 Nov|2025-11-28
Move to Thursday 4th|2025-12-04
call her on the 1st at 11am|2025-12-01 11:00
renew on 1 may|2026-05-01
Thursday @10|2025-11-20 10:00
Thu @ 1500|2025-11-20 15:00
meet 4/12 at 10:00|2025-12-04 10:00
deadline 15/12|2025-12-15
demo Wed 26th Nov 2pm-3pm|2025-11-26 14:00
pushed back to w/b 1 December|2025-12-01
they decide mid week|2025
training on Dec 9th from 9 to 12|2025-12-09 09:00
in 3 weeks or so|2025-12-09
in about a month|2025-12-18
in roughly two months|2026-01-18
another call in 10 days|2025-11-28
within a week|2025-11-25
in 48 hours|2025-11-20 09:41
follow-up: 24 Nov|2025-11-24
FU 24/11|2025-11-24
Chase Mon.|2025-11-24
Chase: Tue 2 Dec|2025-12-02
Next contact 2025-12-01.|2025-12-01
call (Thursday)|2025-11-20
Thursday?|2025-11-20
Will sign Friday!|2025-11-21
call Thursday/Friday|2025-11-20
Monday or Tuesday|2025-11-25
tomorrow, 9am|2025-11-19 09:00
tomorrow - 9am|2025-11-19 09:00
9am tomorrow|2025-11-19 09:00
10am on the 25th|2025-11-25 10:00
by lunchtime tomorrow|2025-11-19 12:00
before the end of November|2025-11-30
towards the end of January|2026-01-31
sometime next week|2025-11-24
the first of December|2025-12-01
December the 1st|2025-12-01
1st Dec|2025-12-01
1st of Dec at 8am|2025-12-01 08:00
Christmas Eve|2025-12-24
on Boxing Day|2025-12-26
by New Year's Eve|2025-12-31
a month from now|2025-12-18
a month from today|2025-12-18
six weeks from Monday|2026-01-05
two days after tomorrow|2025-11-21
in 4 wks|2025-12-16
in 2w|2025-12-02
in 3d|2025-11-21
"""
NO_DATES = """
wants 3 laptops for the Felixstowe office
Sat on the call for 18 min
room 12 is the server room
he may call
open 24/7
10 Downing Street
the wed team
call went on for 2 hours
Will March sign
Mon ami
they march on
I may 3 times forget
we sat down with the team
he sat in the sun
enjoyed the sun
the sun shines
March is their supplier
April said no
Ask June about the invoice
spoke to Jan about licences
Jan Novak wants a quote
August Schmidt is the buyer
May I call
support is 24/7 with a 4 hour response
fixed it in 2 hours
the engineer replied in 3 days
closed 3 deals in 2 weeks
called 3 times in 2 weeks
in 2 weeks of testing
10 years in business
founded in 2012
they have 12 people
version 12.5 is out
1/2 price offer
3/4 of the team
score 9/10
call 0117 496 0123
order 2025-1147
invoice 20251118-03
PO 4500012345
ext. 1204
10.0.0.12 is the server
wants 10 to 12 seats
between 3 and 5 sites
2 for 1
45 seats, 3 sites
100 Mbps at 4 sites
10% off
at 4% interest
£12.50 per month
€3.5k
3 days of training
5 days a week
open Mon-Fri
open Monday to Friday
works on Mondays
closed on Fridays
every Monday
Black Friday stock
Sunday Times ad
monday.com user
uses Monday.com today.io
today's price is fine
Friday's demo went well
the 3rd party app
the 2nd floor
1st line support
the first call went well
second opinion wanted
a second laptop
the last order
last time we spoke
next time
next steps agreed
next door office
week by week
weekly report
monthly fee
daily backup
a day rate of 400
two day workshop
12 month contract
36 months term
3 year lease
the 90 day trial
this week was busy
last month they bought 3
last year's figures
Q3 numbers look good
Q1 results are in
FY26 plan
H1 budget
call Mark
Dec the technician
Mar Gómez is the contact
seat 12B
flight BA123
Windows 11
Office 365
ISO 27001
mail sun@example.com
https://example.com/2025-11-20/today
a 9 to 5 job
9-5 desk
5 of 12 signed
he had 2 calls
she is in a meeting
one moment
any day now
some day
day to day work
the other day
half the price
half an hour long call
quarter of the seats
three quarters of an hour
spent an hour on it
took 20 minutes
lasted 45 min
it took 2 weeks
waited 3 weeks
for 2 weeks they said nothing
in general
in total 12
in 3 offices
in 5 countries
in 2 of 3 cases
second-hand
tuesdays only
sept mec
satisfied
sunny
monetary
decent offer
marching
mayor
maybe later
later on
sooner or later
soon
asap
at the moment
right now
by hand
on time
in time
on hold
end user
end of story
end customer
the end of the line
start of a process
mid market
mid-size firm
early adopter
late payer
late again
licence at 3.50 each
2 seats at 1500 per month
opening hours 8am to 6pm
open from 9am to 5pm
lines open 9am-5pm daily
ratio 3:1
called at 3pm
the 3pm call was good
rang him at 10:30, no answer
Mon at 4 sites
Friday's call
in a minute
one in 3 months of trial
they answered in a day
signed in May
in the last 2 weeks
over the next 3 months
for the next 2 weeks
since Monday no answer
twice a week
every 2 weeks
once in 2 years
per month
5 people in 2 offices
3 x 24 port switches
rack 2 of 4
SLA 99.9
April is the office manager
June wants a quote
met August and Jan
Sun Microsystems
Sat nav units
Wed the server to the cloud
Mon Repos Hotel
12 v 24 v
2025 was a good year
budget 2026
plan for 2027
the 2019 server
the May report
the March invoice
the Monday call
the Friday meeting
our Tuesday round
12,5 kg
7 users
10-12 users
10/100 switch
802.11 wifi
+44 20 7946 0123
+2 seats
2 weeks holiday
3 months free
a couple of laptops
a few days off
first week went well
last week was bad
end of lease
end to end
start up
middle man
half a year of support
quarter page ad
year-end
year on year
weekend work is extra
Christmas party
Easter eggs
new year greetings sent
"""


def test_what_a_person_would_call_a_date() -> None:
    wrong = []
    for line in DATES.strip().splitlines():
        text, wanted = line.rsplit("|", 1)
        found = find_dates(text, SEEN)
        last = found[-1] if found else None
        told = f"{last.on} {last.at or '09:00'}" if last else ""
        if not told.startswith(wanted):
            wrong.append((text, wanted, told))
    assert wrong == []


def test_what_is_none() -> None:
    texts = NO_DATES.strip().splitlines()
    assert [(text, found) for text in texts if (found := find_dates(text, SEEN))] == []


def test_where_it_stands() -> None:
    text = "Board meets Thursday, wants two references first. Call back in 2 weeks."
    assert [text[each.start : each.end] for each in find_dates(text, SEEN)] == ["Thursday", "in 2 weeks"]
    text = "Ring Ines at 4 on Monday about the quote"
    assert [text[each.start : each.end] for each in find_dates(text, SEEN)] == ["4 on Monday"]


def test_numbers_by_the_order_of_the_locale() -> None:
    us = Seen(SEEN.now, order="MDY")
    assert str(find_dates("due 12/1/2025", us)[0].on) == "2025-12-01"
    assert str(find_dates("due 12/1/2026", SEEN)[0].on) == "2026-01-12"
    assert str(find_dates("due 25/12/2025", us)[0].on) == "2025-12-25"
    assert str(find_dates("due 1.12.2025", us)[0].on) == "2025-12-01"


def test_working_days_are_those_of_the_calendar() -> None:
    def closed_on_thursday(day: date, count: int) -> date:
        found = office_days(day, count)
        return found + timedelta(days=1) if found.weekday() == 3 else found

    seen = Seen(SEEN.now, plus_workdays=closed_on_thursday)
    assert str(find_dates("in 2 working days", seen)[0].on) == "2025-11-21"


@pytest.mark.parametrize(
    ("now", "text", "told"),
    [
        ("2026-03-29T00:30", "in 2 hours", "2026-03-29 03:30:00"),  # the hour from 1 to 2 does not exist
        ("2026-10-25T00:30", "in 2 hours", "2026-10-25 01:30:00"),  # and here it comes twice
        ("2025-12-31T23:50", "in 20 minutes", "2026-01-01 00:10:00"),
        ("2028-02-29T10:00", "in a year", "2029-02-28 None"),
        ("2026-01-31T10:00", "in a month", "2026-02-28 None"),
        ("2025-11-21T10:00", "fri", "2025-11-28 None"),
        ("2025-11-21T10:00", "this fri", "2025-11-21 None"),
        ("2025-11-23T10:00", "next week", "2025-11-24 None"),
        ("2025-12-31T10:00", "end of the year", "2025-12-31 None"),
        ("2025-11-22T10:00", "end of the week", "2025-11-28 None"),
    ],
)
def test_edges(now: str, text: str, told: str) -> None:
    seen = Seen(datetime.fromisoformat(now).replace(tzinfo=ZoneInfo("Europe/London")))
    found = find_dates(text, seen)[-1]
    assert f"{found.on} {found.at}" == told


@pytest.mark.parametrize(
    "text", ["2 weeks", "15th", "wed", "may", "12/12", "sat 10:00", "3 working days", "tomorrow 9am"]
)
def test_a_whole_text_may_say_less(text: str) -> None:
    assert day_of(text, SEEN)


@pytest.mark.parametrize("text", ["", "soon", "call Friday", "Friday or Monday", "99 Dec", "31/02/2026", "9" * 5000])
def test_a_whole_text_that_is_none(text: str) -> None:
    assert day_of(text, SEEN) is None


@pytest.mark.parametrize(
    "text", ["in 9999 years", "+9999y", "31 Feb 2026", "in 2 weeks " * 5000, "1/1/" * 5000, "\x00fri"]
)
def test_hostile_texts_are_read(text: str) -> None:
    assert len(find_dates(text, SEEN)) <= 400
