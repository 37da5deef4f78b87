"""getnet_tf.evaluation.report: one page with everything inside, and on it the right pairs."""

import base64
import html.parser
import re

import cv2
import numpy as np
import pytest
from photo_files import write_classes

from getnet_tf.config import DataConfig, ModelConfig
from getnet_tf.data import digits
from getnet_tf.data.pairs import DigitPairs
from getnet_tf.data.photo_pairs import PhotoPairs
from getnet_tf.data.photos import from_folder
from getnet_tf.evaluation import report
from getnet_tf.evaluation.predictor import Predictions
from getnet_tf.evaluation.scores import MEASURES, measure, neighbour_scores

EMPTY = {"!doctype", "meta", "img", "source", "image", "rect"}


class Reader(html.parser.HTMLParser):
    """Collects the elements of a page, and refuses one whose elements are not nested."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def about(predictions, pairs, threshold=0.5, config=None):
    """Scores as `evaluate` gives them."""
    found = measure(predictions, threshold, config or ModelConfig())
    found |= neighbour_scores(np.random.default_rng(0).normal(size=(len(pairs.labels), 3)), pairs.labels)
    return found | {"data": "a & b", "split": "all", "seed": 7}


@pytest.fixture
def photos(tmp_path):
    """Predictions about 12 pairs of six photos in two classes: five same pairs match, one of 0.9 is missed; one
    different pair of 0.2 is a false match."""
    pairs = PhotoPairs(from_folder(write_classes(tmp_path, {"<b>cup</b>": 3, "Säge": 3})), 0, (20, 30))
    label = np.concatenate([batch["label"] for batch in pairs.once()])
    distance = np.where(label == 1, 0.1, 0.8) + np.arange(12) / 1000
    distance[np.flatnonzero(label == 1)[3]], distance[np.flatnonzero(label == 0)[2]] = 0.9, 0.2
    return Predictions(label, distance, None, None, None, 1 - distance), pairs


@pytest.fixture
def page(photos):
    predictions, pairs = photos
    scores = about(predictions, pairs)
    return report.page("runs/<mine>", {"model": scores, "baseline": scores}, predictions, pairs)


def test_picks_by_hand():
    """At 0.5: same at 0.1, 0.3 match, 0.6, 0.7 are missed; different at 0.2, 0.5 match, 0.9 does not."""
    label = np.array([1, 0, 1, 1, 1, 0, 0])
    distance = np.array([0.3, 0.5, 0.6, 0.1, 0.7, 0.9, 0.2])
    chosen = {
        name: (list(places), count) for name, (places, count) in report.picks(label, distance, 0.5).items()
    }
    assert chosen == {"best": ([3, 0], 2), "false": ([6, 1], 2), "missed": ([4, 2], 2)}
    places, count = report.picks(label, distance, 0.5, count=1)["missed"]
    assert (list(places), count) == ([4], 2)


def test_a_page_is_whole_and_takes_nothing_from_outside(page):
    reader = Reader(page)
    links = [a[name] for _, a in reader.found for name in ("src", "href", "srcset") if name in a]
    assert links and all(link.startswith("data:image/") for link in links)
    assert page.isascii() and "http:" not in page and "https:" not in page and "<script" not in page
    for link in links:
        content = np.frombuffer(base64.b64decode(link.split(",")[1], validate=True), np.uint8)
        assert cv2.imdecode(content, cv2.IMREAD_UNCHANGED) is not None


def test_a_page_shows_the_best_pairs_and_the_mistakes(page):
    """Five best matches, a false one, a missed one: seven pairs, two pictures each; and two figures, for day and night."""
    reader = Reader(page)
    assert len(reader.all("figure")) == 7 and len(reader.all("image")) == 14 and reader.all("rect") == []
    assert len(reader.all("img")) == len(reader.all("source")) == 2
    headings = re.findall(r"<h2>(\w+ matches)</h2>\n<p>(\d+ of \d+) pairs", page)
    assert headings == [("Best matches", "5 of 5"), ("False matches", "1 of 1"), ("Missed matches", "1 of 1")]
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert captions[-2:] == ["distance 0.200, score 80 %", "distance 0.900, score 10 %"]


def test_names_are_text(page):
    """A class name with markup in it stays one, and one with an umlaut; so do the model's and the data's."""
    reader = Reader(page)
    words = "".join(reader.words)
    assert "<b>cup</b>" in words and "Säge" in words and reader.all("b") == []
    assert "The model runs/<mine>, on a & b, all pictures: 12 pairs of 6 pictures" in words
    assert (
        "".join(re.findall("<title>(.*)</title>|<h1>(.*)</h1>", page)[0])
        == "How well it tells same from different"
    )


def test_a_page_begins_with_a_verdict_and_explains_its_terms(page):
    """Of six same pairs five match, of six different ones one; Wilson's interval as in the table."""
    assert (
        "It judged 10 of 12 pairs right, 83 % (of very many, it would probably be 55 to 95 %): it took 5 of the 6 same pairs for "
        "same, and 1 of the 6 different ones, too." in page
    )
    explained = set(re.findall("<dt>(.*?)</dt>", page))
    rows = {name for name in re.findall("<tr><th>(.*?)</th>", page) if name} - {"pairs", "pictures"}
    assert explained == rows and "EER %" in rows


def test_every_measure_has_a_meaning():
    assert set(report.TERMS) == {key for _, key, _ in MEASURES}


def test_the_table_has_a_column_for_every_model(page):
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    assert rows[0] == "<tr><th></th><th>model</th><th>baseline</th></tr>"[4:-5]
    assert rows[1].count("<td>83.33 <small>55.20-95.30</small></td>") == 2  # 10 of 12, Wilson's interval


def test_target_areas_are_drawn_in_the_pixels_of_the_picture_and_cut_off_at_it(few_digits):
    images, labels = (values[::40] for values in few_digits)
    pairs = DigitPairs(digits.Digits(images, labels), DataConfig(), seed=0)
    label = np.concatenate([batch["label"] for batch in pairs.once()])
    boxes = np.tile(np.array([10.5, 20, 30, 41.25]), (2, len(label), 1))
    boxes[1] = [-5, 50, 20, 70]
    predictions = Predictions(label, np.where(label == 1, 0.2, 0.9), None, boxes, boxes, label)
    reader = Reader(report.page("m", {"model": about(predictions, pairs)}, predictions, pairs))
    first, second = reader.all("rect")[:2]
    assert first == {"x": "10.50", "y": "20.00", "width": "19.50", "height": "21.25"}
    assert second == {"x": "0.00", "y": "50.00", "width": "20.00", "height": "10.00"}
    pictures = reader.all("svg")
    assert {picture["viewbox"] for picture in pictures} == {"0 0 60 60"}
    assert all(picture["class"] == "coarse" for picture in pictures)
    assert "None." in reader.words  # no mistakes


def test_the_pictures_are_those_of_the_pairs(few_digits):
    """A grey picture is stored without loss, to 1/255."""
    images, labels = (values[::40] for values in few_digits)
    pairs = DigitPairs(digits.Digits(images, labels), DataConfig(), seed=0)
    label = np.concatenate([batch["label"] for batch in pairs.once()])
    distance = np.where(label == 1, 0.2, 0.9)
    distance[7] = 0 if label[7] else 0.95
    best = report.picks(label, distance, 0.5)["best"][0][0]
    predictions = Predictions(label, distance, None, None, None, label)
    reader = Reader(report.page("m", {"model": about(predictions, pairs)}, predictions, pairs))
    content = base64.b64decode(reader.all("image")[1]["href"].split(",")[1])
    shown = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_allclose(shown / 255, pairs.select([best])["image1"][0, ..., 0], atol=0.51 / 255)
